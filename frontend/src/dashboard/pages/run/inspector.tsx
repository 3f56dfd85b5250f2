/** One step, or one item of a loop: what went in and came out, why it failed, and each of its tries. */

import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso/router";
import type { StepState } from "../../../client/views";
import { api, got, type Told } from "../../http/ask";
import { type Asked, useAsked } from "../../http/use";
import { Id } from "../../parts/copy";
import { Empty } from "../../parts/empty";
import { FailureText } from "../../parts/failure";
import { type Fresh, Panel } from "../../parts/panel";
import { Payload } from "../../parts/payload";
import { State } from "../../parts/state";
import { Tabs } from "../../parts/tabs";
import { Time, Took } from "../../parts/time";
import { may, to } from "../../state/page";
import { Compared } from "./compare";
import { Logs, Tries } from "./tries";

interface Props {
  readonly runId: string;
  readonly workflow: string;
  readonly step: StepState;
  /** Rows of the step, by item; none before it has begun. */
  readonly rows: readonly Told["StepTold"][];
  readonly item: string;
  readonly fresh: Fresh;
}

const TABS = [
  { key: "input", title: "Input" },
  { key: "output", title: "Output" },
  { key: "error", title: "Error" },
  { key: "attempts", title: "Attempts" },
  { key: "logs", title: "Logs" },
] as const;

export function Inspector({ runId, workflow, step, rows, item, fresh }: Props) {
  const { query, path, route } = useLocation();
  const own = rows.filter((row) => row.step === step.id);
  const row = own.find((each) => each.item === item) ?? own[0];
  const hasFailed = !!row?.failure;
  const tab = TABS.find(({ key }) => key === query["tab"])?.key ?? (hasFailed ? "error" : "input");
  const go = (change: Readonly<Record<string, string>>) => {
    const search = new URLSearchParams({ ...query, step: step.id, ...change });
    for (const [name, value] of Object.entries(change)) if (value === "") search.delete(name);
    route(`${path}?${search}`, true);
  };
  return (
    <Panel
      title={step.title}
      class="inspector"
      fresh={fresh}
      acts={
        <>
          {own.length > 1 && (
            <Items rows={own} item={row?.item ?? ""} onChoose={(to) => go({ item: to })} />
          )}
          <State of={row?.state ?? step.state} />
        </>
      }
    >
      <Facts runId={runId} step={step} row={row} />
      <Tabs label="Of this step" tabs={TABS} chosen={tab} onChoose={(key) => go({ tab: key })}>
        {row ? (
          <>
            <Shown key={`${tab} ${row.item}`} tab={tab} runId={runId} row={row} />
            {(tab === "input" || tab === "output") && may("view_payload") && (
              <Beside
                isOpen={query["beside"] === "good"}
                onToggle={(isOpen) => go({ tab, beside: isOpen ? "good" : "" })}
              >
                <Compared
                  workflow={workflow}
                  runId={runId}
                  step={row.step}
                  item={row.item}
                  side={tab}
                />
              </Beside>
            )}
          </>
        ) : (
          <Empty title="It has not begun.">
            {step.kind !== "task" && <p>It is a {step.kind}.</p>}
          </Empty>
        )}
      </Tabs>
    </Panel>
  );
}

interface BesideProps {
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
  readonly children: ComponentChildren;
}

/** Asked for only when it is opened: it reads another run. */
function Beside({ isOpen, onToggle, children }: BesideProps) {
  return (
    <div class="beside">
      <button type="button" class="button" aria-expanded={isOpen} onClick={() => onToggle(!isOpen)}>
        Compare with the last good run
      </button>
      {isOpen && children}
    </div>
  );
}

interface ShownProps {
  readonly tab: string;
  readonly runId: string;
  readonly row: Told["StepTold"];
}

function Shown({ tab, runId, row }: ShownProps) {
  const ask = async (signal: AbortSignal) => {
    const path = { run_id: runId, step: row.step };
    const query = { item: row.item };
    return got(api.GET("/runs/{run_id}/steps/{step}/payload", { params: { path, query }, signal }));
  };
  const of = `${runId} ${row.step} ${row.item} ${row.state}`;
  switch (tab) {
    case "output":
      return (
        <Payload
          title="Output"
          of={`${of} out`}
          ask={async (signal) => (await ask(signal)).output}
        />
      );
    case "error":
      return row.failure ? (
        <FailureText failure={row.failure} />
      ) : (
        <p class="faint">It has not failed.</p>
      );
    case "attempts":
      return <Tries row={row} />;
    case "logs":
      return <Logs runId={runId} row={row} />;
    default:
      return (
        <Payload title="Input" of={`${of} in`} ask={async (signal) => (await ask(signal)).input} />
      );
  }
}

interface FactsProps {
  readonly runId: string;
  readonly step: StepState;
  readonly row: Told["StepTold"] | undefined;
}

function Facts({ runId, step, row }: FactsProps) {
  return (
    <dl class="facts">
      {row?.task && (
        <div>
          <dt>Task</dt>
          <dd>
            <code>{row.task}</code>
          </dd>
        </div>
      )}
      {row?.station && (
        <div>
          <dt>Station</dt>
          <dd>{row.station}</dd>
        </div>
      )}
      <div>
        <dt>Began</dt>
        <dd>
          <Time at={row?.started_at ?? step.startedAt} isClock />
        </dd>
      </div>
      <div>
        <dt>Took</dt>
        <dd>
          <Took
            from={row?.first_started_at ?? step.startedAt}
            to={row?.finished_at ?? step.finishedAt}
          />
        </dd>
      </div>
      {row && row.tries > 0 && (
        <div>
          <dt>Tries</dt>
          <dd>
            {row.tries} of {step.triesMax}
          </dd>
        </div>
      )}
      {row?.worker_id && (
        <div>
          <dt>Worker</dt>
          <dd>
            <Id id={row.worker_id} href={may("view_workerrecord") ? to("workers") : undefined} />
          </dd>
        </div>
      )}
      {row?.idempotency_key && (
        <div>
          <dt>Idempotency key</dt>
          <dd>
            <Id id={row.idempotency_key} />
          </dd>
        </div>
      )}
      {row?.failure && may("view_dead_letter") && (
        <div>
          <dt>Same cause</dt>
          <dd>
            <a href={to("dead", { show: "letters", q: `run:${runId}` })}>its dead letters</a>
          </dd>
        </div>
      )}
      {step.child && (
        <div>
          <dt>Run that it called</dt>
          <dd>
            <Id id={step.child} href={to(`runs/${step.child}`)} />
          </dd>
        </div>
      )}
      {/* When a ready one is overdue is for workers to know. */}
      {row?.due_at && row.state !== "ready" && (
        <div>
          <dt>Due</dt>
          <dd>
            <Time at={row.due_at} />
          </dd>
        </div>
      )}
    </dl>
  );
}

interface ItemsProps {
  readonly rows: readonly Told["StepTold"][];
  readonly item: string;
  readonly onChoose: (item: string) => void;
}

/** The items of a loop, and the loop itself. */
function Items({ rows, item, onChoose }: ItemsProps) {
  return (
    <select
      class="input items"
      aria-label="Item"
      value={item}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    >
      {rows.map((row) => (
        <option key={row.item} value={row.item}>
          {row.item === "" ? "the loop itself" : `no. ${row.item}`} · {row.state}
        </option>
      ))}
    </select>
  );
}

const STEPS_MAX = 200;

/** The rows of a run's steps; asked for again when the run has moved on to `position`. */
export function useSteps(runId: string, position: string): Asked<Told["Page_StepTold_"]> {
  const params = { path: { run_id: runId }, query: { limit: STEPS_MAX } };
  return useAsked(runId, (signal) => got(api.GET("/runs/{run_id}/steps", { params, signal })), {
    when: position,
  });
}
