/** Approvals: what waits for people, the most pressing first. */

import { api, got, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import type { Column } from "../parts/table";
import { Time } from "../parts/time";
import { may, to } from "../state/page";
import { usePulse } from "../state/pulse";
import type { Listed, Page } from "../state/rows";

type Approval = Told["ApprovalTold"];

/** What the topic says is asked for at once; what it does not, as whom it asks, so often. */
const POLL_MS = 30_000;
const PAGE = 100;

const APPROVALS: Listed<Approval> = {
  idOf: ({ run_id, step, item }) => `${run_id}/${step}/${item}`,
};

const COLUMNS: readonly Column<Approval>[] = [
  {
    key: "title",
    title: "Asked",
    width: "minmax(12rem, 2fr)",
    isName: true,
    cell: (each) => <span title={each.ask}>{questionOf(each)}</span>,
  },
  {
    key: "run",
    title: "Run",
    width: "minmax(9rem, 1.4fr)",
    cell: ({ run_id, run_title, workflow }) => (
      <a href={to(`runs/${run_id}`)}>{run_title || workflow}</a>
    ),
  },
  {
    key: "whom",
    title: "Whom",
    width: "minmax(8rem, 1fr)",
    cell: (each) => <span title={whomOf(each)}>{whomOf(each)}</span>,
  },
  {
    key: "given",
    title: "Answers",
    width: "5rem",
    align: "end",
    cell: ({ given, wanted }) => `${given} of ${wanted}`,
  },
  {
    key: "asked",
    title: "Since",
    width: "9rem",
    align: "end",
    cell: ({ asked_at }) => <Time at={asked_at} />,
  },
  {
    key: "due",
    title: "Until",
    width: "9rem",
    align: "end",
    cell: ({ due_at }) => <Time at={due_at} />,
  },
];

export function ApprovalsScreen() {
  const ask = (after: string, signal: AbortSignal): Promise<Page<Approval>> =>
    got(api.GET("/approvals", { params: { query: { after, limit: PAGE } }, signal }));
  const list = usePages("", ask, APPROVALS, { everyMs: POLL_MS });
  usePulse(may("view_run") ? "approvals" : null, list.again);
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>Approvals</h1>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
        </div>
      </header>
      {list.problem && <ProblemNote problem={list.problem} />}
      <ListTable
        label="Approvals that wait"
        list={list}
        columns={COLUMNS}
        listed={APPROVALS}
        hrefOf={placeOf}
        nameOf={questionOf}
        card={ApprovalCard}
        cardHeight={92}
        empty={<NothingWaits />}
      />
    </div>
  );
}

/** Where it is answered, by whom it asks; its run for all others. */
function placeOf({ run_id, step, item, is_mine }: Approval): string {
  const place = [run_id, step, item].filter(Boolean).map(encodeURIComponent).join("/");
  return is_mine ? to(`my/approvals/${place}/`) : to(`runs/${run_id}`);
}

function questionOf({ ask, title, step }: Approval): string {
  return ask || title || step;
}

function whomOf({ users, groups, is_mine }: Approval): string {
  const people = [
    ...(is_mine ? ["you"] : []),
    ...groups.map((group) => `group ${group}`),
    ...users.map((user) => `user ${user}`),
  ];
  return people.join(", ") || "anybody";
}

function ApprovalCard(each: Approval) {
  return (
    <>
      <div class="card-line">
        <strong>{questionOf(each)}</strong>
        <span class="faint">
          <Time at={each.asked_at} />
        </span>
      </div>
      <div class="card-line">
        <span class="faint">{each.run_title || each.workflow}</span>
        <span>
          {each.given} of {each.wanted}
        </span>
      </div>
      <div class="card-line">
        <span class="faint">{whomOf(each)}</span>
      </div>
    </>
  );
}

function NothingWaits() {
  return (
    <Empty title="Nothing waits for an answer.">
      <p>
        A step <code>approval:</code> of a workflow asks people and stands here until they have
        answered, or its time is over.
      </p>
    </Empty>
  );
}
