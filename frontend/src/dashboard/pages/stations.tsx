/** Stations: what waits at each, who serves it, how fast it goes, and whether it is open. */

import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { counted, READY_MAX } from "../parts/counted";
import { Empty, Loading } from "../parts/empty";
import { freshOf, Panel } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { Time } from "../parts/time";
import { useLive } from "../state/live";
import { may, to } from "../state/page";
import { span } from "../state/time";
import { Cap, Door } from "./fleet/door";
import { Figure, refusalOf } from "./fleet/figures";
import { StationActs } from "./fleet/station-acts";
import { fleet, type Queue } from "./fleet/topic";

/** What no topic says (what is dead, why the breaker has closed it) is asked for so often. */
const ASK_MS = 10_000;

type Asked = Pick<Told["StationTold"], "dead" | "reason">;

export function StationsScreen() {
  const { value, meta, failure } = useLive(fleet);
  const asked = useAsked(
    "stations",
    (signal) => got(api.GET("/stations", { params: { query: { limit: 200 } }, signal })),
    { everyMs: ASK_MS, isOn: may("view_workerrecord") },
  );
  const more = new Map<string, Asked>(asked.value?.items.map((each) => [each.name, each]));
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>Stations</h1>
        <p class="faint">Queues that workers take steps from.</p>
      </header>
      {failure && <ProblemNote problem={refusalOf(failure, "view_workerrecord")} />}
      {!value && !failure && <Loading />}
      {value?.queues.length === 0 && <NoStations />}
      <div class="stations">
        {value?.queues.map((queue) => (
          <Panel
            key={queue.name}
            title={queue.name}
            class="station"
            fresh={freshOf(meta)}
            acts={<StationActs queue={queue} />}
          >
            <Door
              queue={{ ...queue, reason: queue.reason || more.get(queue.name)?.reason || "" }}
            />
            <Cap queue={queue} />
            <Figures queue={queue} dead={more.get(queue.name)?.dead ?? null} />
            <p class="station-served">
              {queue.is_served ? (
                <a href={to("workers")}>
                  {queue.workers} {queue.workers === 1 ? "worker serves" : "workers serve"} it
                </a>
              ) : (
                <strong>
                  No worker serves it: <code>manage.py flow worker --stations {queue.name}</code>
                </strong>
              )}
            </p>
          </Panel>
        ))}
      </div>
    </div>
  );
}

/** `dead`: how many dead letters its steps have open; null = this user may not know. */
function Figures({ queue, dead }: { queue: Queue; dead: number | null }) {
  const most = queue.cap ? Math.min(queue.cap.places, queue.limit) : queue.limit;
  return (
    <dl class="figures">
      <Figure title="Waiting" isLoud={!queue.is_served && queue.ready > 0}>
        {counted(queue.ready, READY_MAX)}
      </Figure>
      <Figure title="Longest">
        <Time at={queue.oldest_at} />
      </Figure>
      <Figure title="Busy" isLoud={most > 0 && queue.busy >= most}>
        {queue.busy} of {most}
      </Figure>
      <Figure title="In">{rate(queue.in_per_s)}</Figure>
      <Figure title="Out">{rate(queue.out_per_s)}</Figure>
      <Figure title="p95">{queue.p95_ms === null ? "–" : span(queue.p95_ms)}</Figure>
      <Figure title="Failed" isLoud={queue.failed_share >= 0.05}>
        {percent(queue.failed_share)}
      </Figure>
      <Figure title="To be retried">{queue.retrying}</Figure>
      {dead !== null && (
        <Figure title="Dead" isLoud={dead > 0}>
          {dead > 0 ? <a href={to("dead")}>{dead.toLocaleString("en")}</a> : "0"}
        </Figure>
      )}
      <Figure title="Last ended">
        <Time at={queue.last_at} />
      </Figure>
    </dl>
  );
}

function NoStations() {
  return (
    <Empty
      title="There is no station yet."
      code={`@task(station="mail")\ndef send(address: str) -> None: ...`}
    >
      <p>A station is named by the tasks that are done there; without a name it is "default".</p>
    </Empty>
  );
}

function rate(perSecond: number): string {
  if (perSecond === 0) return "0/min";
  return perSecond < 1 ? `${Math.round(perSecond * 60)}/min` : `${perSecond.toFixed(1)}/s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
