/** Workers: who is there, what each is at, and who is silent or behind. */

import { api, got, keyed } from "../http/ask";
import { type Act, Acts } from "../parts/act";
import { Id } from "../parts/copy";
import { Empty, Loading } from "../parts/empty";
import { freshOf, Panel } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { State } from "../parts/state";
import { Time, Took } from "../parts/time";
import { useLive } from "../state/live";
import { to } from "../state/page";
import { Said } from "./fleet/door";
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
      {value && <Skew workers={value.workers} />}
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
            acts={<WorkerActs worker={worker} />}
          >
            <p class="station-door">
              <Standing worker={worker} />
              <span class="faint">
                {worker.host} · {worker.pid} · since <Time at={worker.started_at} />
              </span>
            </p>
            {worker.wanted === "draining" && (
              <p class="station-door">
                <strong>Takes nothing more</strong>
                <Said
                  since={worker.wanted_since}
                  by={worker.wanted_by}
                  reason={worker.wanted_reason}
                >
                  {worker.state !== "draining" && "it has not heard so yet"}
                  {worker.busy > 0 && `${worker.busy} still run`}
                </Said>
              </p>
            )}
            <dl class="figures">
              <Figure title="Busy" isLoud={worker.busy >= worker.concurrency}>
                {worker.busy} of {worker.concurrency}
              </Figure>
              <Figure title="Ended">{(worker.per_s * 60).toFixed(0)}/min</Figure>
              {worker.project_version && (
                <Figure title="Project" isLoud={worker.is_behind}>
                  {worker.project_version}
                  {worker.is_behind && " ≠"}
                </Figure>
              )}
              <Figure title="flowengine" isLoud={worker.is_behind && !worker.project_version}>
                {worker.version}
                {worker.is_behind && !worker.project_version && " ≠"}
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

/** Which versions are at work, where they are several: what one does the other may not know yet. */
function Skew({ workers }: { workers: readonly Worker[] }) {
  const counts = new Map<string, number>();
  for (const { is_alive, project_version, version } of workers) {
    const name = [project_version, version].filter(Boolean).join(" on flowengine ");
    if (is_alive) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size < 2) return null;
  const each = [...counts].map(([name, count]) => `${count} × ${name || "no version"}`);
  return (
    <p class="skew">
      <State of="retrying" word="several versions at work" />
      <span>{each.join(", ")}</span>
    </p>
  );
}

function WorkerActs({ worker }: { worker: Worker }) {
  const isResting = worker.wanted === "draining";
  const path = { worker_id: worker.id };
  const drain: Act = {
    label: "Drain…",
    permission: "drain_worker",
    whyNot: isResting ? "It has been asked to." : "",
    isDangerous: true,
    title: `Drain ${worker.name}?`,
    says: "It begins nothing more, within a third of its lease. What it is at goes on, and the process stays until somebody ends it or lets it take work again.",
    reason: "required",
    confirm: "Drain the worker",
    run: async ({ reason, key }) => {
      const given = { params: { path }, body: { reason }, headers: keyed(key) };
      await got(api.POST("/workers/{worker_id}/drain", given));
      return `${worker.name} will take nothing more.`;
    },
  };
  const resume: Act = {
    label: "Take work again…",
    permission: "drain_worker",
    whyNot: isResting ? "" : "It takes work.",
    title: `Let ${worker.name} take work again?`,
    says: "It begins what waits at its stations, as soon as it hears so.",
    reason: "required",
    confirm: "Let it work",
    run: async ({ reason, key }) => {
      const given = { params: { path }, body: { reason }, headers: keyed(key) };
      await got(api.POST("/workers/{worker_id}/resume", given));
      return `${worker.name} will take work again.`;
    },
  };
  return <Acts acts={isResting ? [resume, drain] : [drain, resume]} buttons={isResting ? 1 : 0} />;
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
