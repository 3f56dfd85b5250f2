/** Definitions: the workflows there are, and which version of each new runs take. */

import { api, got, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { counted, OPEN_RUNS_MAX } from "../parts/counted";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { State } from "../parts/state";
import type { Column } from "../parts/table";
import { Time } from "../parts/time";
import { may, to } from "../state/page";
import type { Listed, Page } from "../state/rows";

type Workflow = Told["WorkflowTold"];

const POLL_MS = 10_000;

const WORKFLOWS: Listed<Workflow> = { idOf: ({ name }) => name };

const COLUMNS: readonly Column<Workflow>[] = [
  {
    key: "name",
    title: "Workflow",
    width: "minmax(10rem, 2fr)",
    isName: true,
    cell: ({ name }) => name,
  },
  {
    key: "enabled",
    title: "State",
    width: "8.5rem",
    cell: ({ is_enabled: isEnabled }) => <Enabled isEnabled={isEnabled} />,
  },
  {
    key: "open",
    title: "Open runs",
    width: "7rem",
    align: "end",
    cell: ({ open_runs: open }) =>
      open > 0 ? counted(open, OPEN_RUNS_MAX) : <span class="faint">–</span>,
  },
  {
    key: "digest",
    title: "Version",
    width: "8rem",
    cell: ({ digest }) => (
      <code class="faint" title={digest}>
        {digest.slice(0, 8)}
      </code>
    ),
  },
  {
    key: "at",
    title: "Since",
    width: "7rem",
    align: "end",
    cell: ({ updated_at }) => <Time at={updated_at} />,
  },
];

function Enabled({ isEnabled }: { isEnabled: boolean }) {
  return (
    <State of={isEnabled ? "succeeded" : "paused"} word={isEnabled ? "enabled" : "disabled"} />
  );
}

export function DefinitionsScreen() {
  const ask = (after: string, signal: AbortSignal): Promise<Page<Workflow>> =>
    got(api.GET("/workflows", { params: { query: { after, limit: 200 } }, signal }));
  const list = usePages("", ask, WORKFLOWS, { everyMs: POLL_MS });
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>Definitions</h1>
        <p class="faint">Files of the project; they are changed there.</p>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
          {may("try_definition") && (
            <a class="button" href={to("sandbox")}>
              Sandbox
            </a>
          )}
        </div>
      </header>
      {list.problem && <ProblemNote problem={list.problem} />}
      <ListTable
        label="Workflows"
        list={list}
        columns={COLUMNS}
        listed={WORKFLOWS}
        hrefOf={({ name }) => to(`definitions/${encodeURIComponent(name)}`)}
        nameOf={({ name }) => name}
        card={(workflow) => (
          <div class="card-line">
            <strong>{workflow.name}</strong>
            <Enabled isEnabled={workflow.is_enabled} />
          </div>
        )}
        cardHeight={56}
        empty={<NoWorkflows />}
      />
    </div>
  );
}

function NoWorkflows() {
  return (
    <Empty title="There is no workflow yet." code="manage.py flow init">
      <p>
        It writes a first one. A new file is taken up by <code>manage.py flow sync</code>.
      </p>
    </Empty>
  );
}
