/** One step, or one item of a loop: what went in and came out, why it failed, and each of its tries. */

import { useLocation } from "preact-iso/router";
import type { StepState } from "../../../client/views";
import { api, got, type Told } from "../../http/ask";
import { type Asked, useAsked } from "../../http/use";
import { Empty } from "../../parts/empty";
import { type Fresh, Panel } from "../../parts/panel";
import { Payload } from "../../parts/payload";
import { State } from "../../parts/state";
import { Tabs } from "../../parts/tabs";
import { Time, Took } from "../../parts/time";
import { FailureText, Tries } from "./failure";

interface Props {
  readonly runId: string;
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
] as const;

export function Inspector({ runId, step, rows, item, fresh }: Props) {
  const { query, path, route } = useLocation();
  const own = rows.filter((row) => row.step === step.id);
  const row = own.find((each) => each.item === item) ?? own[0];
  const hasFailed = !!row?.failure;
  const tab = TABS.find(({ key }) => key === query["tab"])?.key ?? (hasFailed ? "error" : "input");
  const go = (change: Readonly<Record<string, string>>) => {
    const search = new URLSearchParams({ ...query, step: step.id, ...change });
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
      <Facts step={step} row={row} />
      <Tabs label="Of this step" tabs={TABS} chosen={tab} onChoose={(key) => go({ tab: key })}>
        {row ? (
          <Shown key={`${tab} ${row.item}`} tab={tab} runId={runId} row={row} />
        ) : (
          <Empty title="It has not begun.">
            {step.kind !== "task" && <p>It is a {step.kind}.</p>}
          </Empty>
        )}
      </Tabs>
    </Panel>
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
    default:
      return (
        <Payload title="Input" of={`${of} in`} ask={async (signal) => (await ask(signal)).input} />
      );
  }
}

function Facts({ step, row }: { step: StepState; row: Told["StepTold"] | undefined }) {
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
      {row?.due_at && (
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
