/** Workers: who is there, what each is at, and who is silent or behind. */

import { Id } from "../parts/copy";
import { Empty, Loading } from "../parts/empty";
import { freshOf, Panel } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { State } from "../parts/state";
import { Time, Took } from "../parts/time";
import { useLive } from "../state/live";
import { to } from "../state/page";
import { Figure, refusalOf } from "./fleet/figures";
import { fleet, type Worker } from "./fleet/topic";

export function WorkersScreen() {
  const { value, meta, failure } = useLive(fleet);
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>Workers</h1>
        {value && value.workers.length > 0 && <p class="faint">{summary(value.workers)}</p>}
      </header>
      {failure && <ProblemNote problem={refusalOf(failure, "view_workerrecord")} />}
      {!value && !failure && <Loading />}
      {value?.workers.length === 0 && <NoWorkers />}
      <div class="stations">
        {value?.workers.map((worker) => (
          <Panel
            key={worker.id}
            title={worker.name || worker.host}
            class="station"
            fresh={freshOf(meta)}
          >
            <p class="station-door">
              <Standing worker={worker} />
              <span class="faint">
                {worker.host} · {worker.pid} · since <Time at={worker.started_at} />
              </span>
            </p>
            <dl class="figures">
              <Figure title="Busy" isLoud={worker.busy >= worker.concurrency}>
                {worker.busy} of {worker.concurrency}
              </Figure>
              <Figure title="Ended">{(worker.per_s * 60).toFixed(0)}/min</Figure>
              <Figure title="Version" isLoud={worker.is_behind}>
                {worker.project_version || worker.version}
                {worker.is_behind && " ≠"}
              </Figure>
            </dl>
            <Now worker={worker} />
            <p class="station-served">
              Serves{" "}
              {worker.stations.map((name, at) => (
                <span key={name}>
                  {at > 0 && ", "}
                  <a href={to("stations")}>{name}</a>
                </span>
              ))}
            </p>
          </Panel>
        ))}
      </div>
    </div>
  );
}

/** How a worker stands; one that says nothing is worse than one that is behind. */
function Standing({ worker }: { worker: Worker }) {
  if (worker.is_silent) {
    return (
      <span class="station-word">
        <State of="failed" word="silent" />
        <span>
          last heard of <Time at={worker.seen_at} />
        </span>
      </span>
    );
  }
  if (worker.state === "draining") return <State of="waiting" word="draining" />;
  if (worker.is_behind) return <State of="retrying" word="of another version" />;
  return <State of={worker.busy > 0 ? "running" : "succeeded"} word={word(worker)} />;
}

function word({ busy }: Worker): string {
  return busy > 0 ? "at work" : "idle";
}

function Now({ worker }: { worker: Worker }) {
  if (worker.now.length === 0) return null;
  return (
    <ul class="now">
      {worker.now.map(({ run, task, step, since }) => (
        <li key={`${run} ${step} ${since}`}>
          <code>{step}</code> <span class="faint">{task}</span>{" "}
          {run && <Id id={run} href={to(`runs/${run}`)} />} <Took from={since} to={null} />
        </li>
      ))}
    </ul>
  );
}

function summary(workers: readonly Worker[]): string {
  const busy = workers.reduce((sum, { busy: one }) => sum + one, 0);
  const places = workers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const noun = workers.length === 1 ? "process" : "processes";
  return `${workers.length} ${noun}, ${busy} of ${places} places busy`;
}

function NoWorkers() {
  return (
    <Empty title="No worker is there." code="manage.py flow worker">
      <p>
        What waits is kept. Start one, and it appears here by itself; without a broker,{" "}
        <code>manage.py flow dev</code> has one in it.
      </p>
    </Empty>
  );
}
