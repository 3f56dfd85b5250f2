/** Replays: what went back into the line, by whom, and what came of it. */

import { api, got, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { State } from "../parts/state";
import type { Column } from "../parts/table";
import { Time } from "../parts/time";
import { to } from "../state/page";
import type { Listed, Page } from "../state/rows";

type Replay = Told["ReplayTold"];

const POLL_MS = 3_000;
const PAGE = 50;

const REPLAYS: Listed<Replay> = {
  idOf: ({ id }) => id,
  orderOf: ({ created_at, id }) => `${created_at} ${id}`,
};

const COLUMNS: readonly Column<Replay>[] = [
  { key: "state", title: "State", width: "8.5rem", cell: ({ state }) => <State of={state} /> },
  {
    key: "words",
    title: "What",
    width: "minmax(10rem, 2fr)",
    isName: true,
    cell: ({ words }) => <span title={words}>{words}</span>,
  },
  { key: "mode", title: "How", width: "6rem", cell: ({ mode }) => mode },
  {
    key: "ended",
    title: "Ended",
    width: "8rem",
    align: "end",
    cell: ({ succeeded, failed, skipped, total }) => `${succeeded + failed + skipped} of ${total}`,
  },
  {
    key: "failed",
    title: "Failed",
    width: "5rem",
    align: "end",
    cell: ({ failed }) => failed || <span class="faint">–</span>,
  },
  {
    key: "reason",
    title: "Why",
    width: "minmax(8rem, 1.4fr)",
    cell: ({ reason }) => <span title={reason}>{reason}</span>,
  },
  {
    key: "at",
    title: "Began",
    width: "9rem",
    align: "end",
    cell: ({ created_at }) => <Time at={created_at} />,
  },
];

export function ReplaysScreen() {
  const ask = (after: string, signal: AbortSignal): Promise<Page<Replay>> =>
    got(api.GET("/replays", { params: { query: { after, limit: PAGE } }, signal }));
  const list = usePages("", ask, REPLAYS, { everyMs: POLL_MS });
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>Replays</h1>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
        </div>
      </header>
      {list.problem && <ProblemNote problem={list.problem} />}
      <ListTable
        label="Replays"
        list={list}
        columns={COLUMNS}
        listed={REPLAYS}
        hrefOf={({ id }) => to(`replays/${id}`)}
        nameOf={({ words }) => words}
        card={ReplayCard}
        cardHeight={92}
        empty={<NothingReplayed />}
      />
    </div>
  );
}

function ReplayCard(replay: Replay) {
  return (
    <>
      <div class="card-line">
        <State of={replay.state} />
        <span class="faint">
          <Time at={replay.created_at} />
        </span>
      </div>
      <div class="card-line">
        <strong>{replay.words}</strong>
      </div>
      <div class="card-line">
        <span class="faint">{replay.reason}</span>
        <span>
          {replay.succeeded + replay.failed + replay.skipped} of {replay.total}
        </span>
      </div>
    </>
  );
}

function NothingReplayed() {
  return (
    <Empty title="Nothing was replayed yet.">
      <p>
        When the cause of <a href={to("dead")}>dead letters</a> is mended, they go back into the
        line from there, with a dry run first and a canary.
      </p>
    </Empty>
  );
}
