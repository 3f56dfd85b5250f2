/** Stations: what waits at each, who serves it, how fast it goes, and whether it is open. */

import { api, got, keyed } from "../http/ask";
import { type Act, Acts } from "../parts/act";
import { Empty, Loading } from "../parts/empty";
import { freshOf, Panel } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { State } from "../parts/state";
import { Time } from "../parts/time";
import { useLive } from "../state/live";
import { to } from "../state/page";
import { span } from "../state/time";
import { Figure, refusalOf } from "./fleet/figures";
import { fleet, type Queue } from "./fleet/topic";

export function StationsScreen() {
  const { value, meta, failure } = useLive(fleet);
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
            <Door queue={queue} />
            <dl class="figures">
              <Figure title="Waiting" isLoud={!queue.is_served && queue.ready > 0}>
                {counted(queue.ready)}
              </Figure>
              <Figure title="Longest">
                <Time at={queue.oldest_at} />
              </Figure>
              <Figure title="Busy" isLoud={queue.limit > 0 && queue.busy >= queue.limit}>
                {queue.busy} of {queue.limit}
              </Figure>
              <Figure title="Ended">{rate(queue.out_per_s)}</Figure>
              <Figure title="p95">{queue.p95_ms === null ? "–" : span(queue.p95_ms)}</Figure>
              <Figure title="Failed" isLoud={queue.failed_share >= 0.05}>
                {percent(queue.failed_share)}
              </Figure>
              <Figure title="To be retried">{queue.retrying}</Figure>
              <Figure title="Last ended">
                <Time at={queue.last_at} />
              </Figure>
            </dl>
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

const DOORS: Readonly<Record<Queue["door"], readonly [string, string]>> = {
  open: ["done", "open"],
  paused: ["paused", "paused"],
  parked: ["failed", "parked by the breaker"],
  probing: ["retrying", "probing"],
  draining: ["running", "draining slowly"],
};

/** Whether it gives out work; where it does not: since when, by whom, why, and what comes next. */
function Door({ queue }: { queue: Queue }) {
  const [look, word] = DOORS[queue.door] ?? ["queued", queue.door];
  return (
    <p class="station-door">
      <State of={look} word={word} />
      {queue.door !== "open" && (
        <span class="faint">
          since <Time at={queue.since} />
          {queue.by && ` by user ${queue.by}`}
          {queue.reason && ` · ${queue.reason}`}
          {queue.due_at && (
            <>
              {" "}
              · next <Time at={queue.due_at} isClock />
            </>
          )}
        </span>
      )}
    </p>
  );
}

function StationActs({ queue }: { queue: Queue }) {
  const isOpen = queue.door === "open";
  const send = async (verb: "pause" | "resume", reason: string, key: string) => {
    const params = { path: { name: queue.name } };
    const given = { params, body: { reason }, headers: keyed(key) };
    await got(
      verb === "pause"
        ? api.POST("/stations/{name}/pause", given)
        : api.POST("/stations/{name}/resume", given),
    );
  };
  const pause: Act = {
    label: "Pause…",
    permission: "pause_station",
    whyNot: queue.door === "paused" ? "People have paused it already." : "",
    isDangerous: true,
    title: `Pause ${queue.name}?`,
    says: "Nothing begins there until somebody resumes it. What runs there may end; what waits is kept.",
    reason: "required",
    confirm: "Pause the station",
    run: async ({ reason, key }) => {
      await send("pause", reason, key);
      return `${queue.name} is paused.`;
    },
  };
  const resume: Act = {
    label: "Resume…",
    permission: "pause_station",
    whyNot: isOpen ? "It is open." : "",
    title: `Resume ${queue.name}?`,
    says: "What waits there begins, as fast as its workers go; the breaker counts anew.",
    reason: "required",
    confirm: "Resume the station",
    run: async ({ reason, key }) => {
      await send("resume", reason, key);
      return `${queue.name} is open.`;
    },
  };
  return <Acts acts={isOpen ? [pause, resume] : [resume, pause]} />;
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

/** Above 10,000 nobody counts. */
function counted(n: number): string {
  return n > 10_000 ? "10,000+" : n.toLocaleString("en");
}

function rate(perSecond: number): string {
  if (perSecond === 0) return "0/min";
  return perSecond < 1 ? `${Math.round(perSecond * 60)}/min` : `${perSecond.toFixed(1)}/s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
