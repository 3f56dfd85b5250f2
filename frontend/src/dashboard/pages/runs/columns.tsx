/** What a list of runs shows of each, in a row and on a card. */

import { Copy, shortId } from "../../parts/copy";
import { kept } from "../../parts/kept";
import { State } from "../../parts/state";
import type { Column } from "../../parts/table";
import { Time, Took } from "../../parts/time";
import type { RunRow } from "./rows";

const stateOf = kept((state) => <State of={state} />);
const workflowOf = kept((workflow) => <span class="faint">{workflow}</span>);

export const COLUMNS: readonly Column<RunRow>[] = [
  { key: "state", title: "State", width: "8.5rem", cell: ({ state }) => stateOf(state) },
  {
    key: "title",
    title: "Run",
    width: "minmax(8rem, 1.5fr)",
    isName: true,
    cell: (run) => <span title={nameOf(run)}>{nameOf(run)}</span>,
  },
  {
    key: "workflow",
    title: "Workflow",
    width: "minmax(6rem, 1fr)",
    cell: ({ workflow }) => workflowOf(workflow),
  },
  {
    key: "subject",
    title: "Subject",
    width: "minmax(6rem, 1fr)",
    cell: ({ subject }) => <span title={subject ?? ""}>{subject || <Nothing />}</span>,
  },
  {
    key: "progress",
    title: "Progress",
    width: "minmax(12rem, 2fr)",
    cell: (run) => <Progress run={run} />,
  },
  {
    key: "attempts",
    title: "Attempts",
    width: "4.5rem",
    align: "end",
    cell: ({ attempts }) => attempts || <Nothing />,
  },
  {
    key: "started",
    title: "Started",
    width: "7rem",
    align: "end",
    cell: ({ created_at }) => <Time at={created_at} />,
  },
  {
    key: "took",
    title: "Took",
    width: "5rem",
    align: "end",
    cell: ({ started_at, finished_at }) => <Took from={started_at} to={finished_at} />,
  },
  {
    key: "id",
    title: "Id",
    width: "7rem",
    cell: ({ id }) => (
      <span class="id">
        <code class="faint">{shortId(id)}</code>
        <Copy text={id} />
      </span>
    ),
  },
  {
    key: "actor",
    title: "Caused by",
    width: "6rem",
    cell: ({ actor }) => actor ?? <Nothing />,
  },
];

/** Shown where nobody has chosen. */
export const USUAL: readonly string[] = COLUMNS.map(({ key }) => key).filter(
  (key) => key !== "actor",
);

export function nameOf({ title, workflow, id }: RunRow): string {
  return title || `${workflow} ${shortId(id)}`;
}

export function RunCard(run: RunRow) {
  return (
    <>
      <div class="card-line">
        <State of={run.state} />
        <span class="faint">
          <Time at={run.created_at} />
        </span>
      </div>
      <div class="card-line">
        <strong>{nameOf(run)}</strong>
      </div>
      <div class="card-line">
        <span class="faint">{run.workflow}</span>
        <Progress run={run} />
      </div>
    </>
  );
}

/** How far it is: a bar, and in words which step of how many. */
function Progress({ run }: { run: RunRow }) {
  const { progress = null, done = null, total = null, step = "", note = "" } = run;
  if (progress === null && total === null) return <Nothing />;
  const words = [total === null ? "" : `${done ?? 0}/${total}`, step].filter(Boolean).join(" ");
  return (
    <span class="progress" title={note || words}>
      <span class="progress-bar" aria-hidden="true">
        <span style={{ width: `${progress ?? 0}%` }} />
      </span>
      <span class="progress-words">{words || `${progress} %`}</span>
    </span>
  );
}

function Nothing() {
  return <span class="faint">–</span>;
}
