/** One replay: how far it is, what came of each item, and a hand on the brake. */

import { useLocation } from "preact-iso/router";
import { api, got, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { useAsked } from "../http/use";
import { type Act, Acts } from "../parts/act";
import { Id } from "../parts/copy";
import { Empty, Loading } from "../parts/empty";
import { useEnding } from "../parts/ending";
import { ListTable } from "../parts/list-table";
import { AsOf, freshAsked, Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { State } from "../parts/state";
import type { Column } from "../parts/table";
import { useThing } from "../parts/thing";
import { Time, Took } from "../parts/time";
import type { ScreenProps } from "../screen";
import { to } from "../state/page";
import { usePulse } from "../state/pulse";
import type { Listed, Page } from "../state/rows";
import { BULK } from "./replay/bulk";
import { steering } from "./replay/steering";

export type Replay = Told["ReplayTold"];
type Item = Told["ItemTold"];

/** What no topic has said is asked for so often. */
const POLL_MS = 10_000;
const PAGE = 50;

const ITEMS: Listed<Item> = { idOf: ({ object_id }) => object_id };
const STATES = ["", "pending", "sent", "succeeded", "failed", "skipped", "refused"] as const;

export function ReplayScreen({ params }: ScreenProps) {
  const id = params["id"] ?? "";
  const asked = useAsked(
    id,
    (signal) =>
      got(api.GET("/replays/{replay_id}", { params: { path: { replay_id: id } }, signal })),
    { everyMs: POLL_MS },
  );
  usePulse(`replay:${id}`, asked.again);
  const { mode = "", verdict = "", ended_at: endedAt } = asked.value ?? {};
  const name = BULK[mode]?.title ?? "Replay";
  useEnding(
    id,
    endedAt === undefined ? undefined : endedAt !== null,
    `${name}: ${verdict || "it is over."}`,
  );
  useThing({ kind: "replay", id, name: asked.value && name, state: asked.value?.state });
  if (asked.problem && !asked.value) return <ProblemScreen problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  const replay = asked.value;
  return (
    <div class="screen">
      <Head replay={replay} acts={steering(replay, asked.again)} />
      {asked.problem && <ProblemNote problem={asked.problem} />}
      <Panel title="Progress" fresh={freshAsked(asked)}>
        <Progress replay={replay} />
      </Panel>
      {!BULK[replay.mode] && <Items replay={replay} />}
    </div>
  );
}

function Head({ replay, acts }: { replay: Replay; acts: readonly Act[] }) {
  return (
    <header class="run-head">
      <div class="screen-head">
        <State of={replay.state} />
        <h1>{BULK[replay.mode]?.title ?? "Replay"}</h1>
        <Id id={replay.id} />
        <div class="screen-acts">
          <Acts acts={acts} buttons={3} />
        </div>
      </div>
      <p>
        {replay.words} <span class="faint">· {replay.mode}</span>
        {replay.is_edited && <span class="faint"> · edited</span>}
        {replay.new_keys && <span class="faint"> · new keys</span>}
      </p>
      <p class="faint">
        {replay.reason} · by {replay.by} · <Time at={replay.created_at} />
        {replay.approver && ` · approved by ${replay.approver}`}
      </p>
    </header>
  );
}

function Progress({ replay }: { replay: Replay }) {
  const { total, succeeded, failed, skipped, sent } = replay;
  const underway = Math.max(0, sent - succeeded - failed);
  const bulk = BULK[replay.mode];
  const parts: readonly (readonly [string, number, string])[] = [
    ["good", succeeded, bulk?.done ?? "succeeded"],
    ["bad", failed, bulk ? "could not be told" : "failed again"],
    ["work", underway, "under way"],
    ["plain", skipped, bulk?.left ?? "left out"],
  ];
  return (
    <div class="replay-progress">
      <div class="stack" aria-hidden="true">
        {parts.map(([tone, count]) => (
          <span key={tone} data-tone={tone} style={{ width: `${(100 * count) / (total || 1)}%` }} />
        ))}
      </div>
      <p class="stack-words">
        <strong>
          {(succeeded + failed + skipped).toLocaleString("en")} of {total.toLocaleString("en")}
        </strong>
        {parts.map(
          ([tone, count, word]) =>
            count > 0 && (
              <span key={tone} data-tone={tone}>
                {count.toLocaleString("en")} {word}
              </span>
            ),
        )}
        <span class="faint">
          <Took from={replay.created_at} to={replay.ended_at} />
        </span>
      </p>
      <Waiting replay={replay} />
      {replay.verdict && (
        <p class="verdict">
          <strong>{replay.verdict}</strong>
        </p>
      )}
      {replay.stopped_why && <p>Stopped: {replay.stopped_why}</p>}
      {!bulk && (
        <p class="faint">
          canary {replay.pace.canary}, then {replay.pace.rate}/s, at most {replay.pace.in_flight} in
          flight; stops at {replay.pace.stop_percent} % or {replay.pace.stop_in_row} failures in a
          row
        </p>
      )}
    </div>
  );
}

const WAITS: Readonly<Record<string, string>> = {
  proposed: "It waits for somebody else to approve it.",
  paused: "It is paused.",
};

/** Whom it waits for, and until when: what it has nobody else gets. */
function Waiting({ replay }: { replay: Replay }) {
  const words = WAITS[replay.state];
  if (!words) return null;
  return (
    <p>
      <strong>{words}</strong>
      {replay.expires_at && (
        <>
          {" "}
          Nobody else gets what it has until <Time at={replay.expires_at} isClock />; it is stopped
          then.
        </>
      )}
    </p>
  );
}

const COLUMNS: readonly Column<Item>[] = [
  { key: "n", title: "#", width: "4rem", align: "end", cell: ({ n }) => n },
  { key: "state", title: "State", width: "8.5rem", cell: ({ state }) => <State of={state} /> },
  {
    key: "original",
    title: "Original",
    width: "8rem",
    cell: ({ object_id: id }) => <Id id={id} />,
  },
  {
    key: "copy",
    title: "Copy",
    width: "8rem",
    isName: true,
    cell: ({ run_id: id }) => (id ? <Id id={id} href={to(`runs/${id}`)} /> : <span>–</span>),
  },
  {
    key: "detail",
    title: "Outcome",
    width: "minmax(8rem, 1fr)",
    cell: ({ detail }) => <span title={detail}>{detail}</span>,
  },
  {
    key: "ended",
    title: "Ended",
    width: "7rem",
    align: "end",
    cell: ({ ended_at }) => <Time at={ended_at} />,
  },
];

function Items({ replay }: { replay: Replay }) {
  const { query, path } = useLocation();
  const state = STATES.find((each) => each === query["state"]) ?? "";
  const ask = (after: string, signal: AbortSignal): Promise<Page<Item>> =>
    got(
      api.GET("/replays/{replay_id}/items", {
        params: { path: { replay_id: replay.id }, query: { after, limit: PAGE, state } },
        signal,
      }),
    );
  const list = usePages(`${replay.id} ${state}`, ask, ITEMS, {
    everyMs: replay.ended_at ? 0 : POLL_MS,
  });
  usePulse(`replay:${replay.id}`, list.again);
  return (
    <section class="group-letters" aria-label="Items">
      <div class="screen-head">
        <h2>Items</h2>
        <nav class="views" aria-label="State of the items">
          {STATES.map((each) => (
            <a
              key={each}
              href={each ? `${path}?state=${each}` : path}
              aria-current={each === state ? "page" : undefined}
            >
              {each || "all"}
            </a>
          ))}
        </nav>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
        </div>
      </div>
      {list.problem && <ProblemNote problem={list.problem} />}
      <ListTable
        label="Items of the replay"
        list={list}
        columns={COLUMNS}
        listed={ITEMS}
        hrefOf={({ object_id: id, run_id: run }) => placeOf(replay.kind, id, run)}
        nameOf={({ n }) => `item ${n}`}
        card={ItemCard}
        cardHeight={72}
        empty={<Empty title="No item is in this state." />}
      />
    </section>
  );
}

/** The copy where there is one, else the original. */
function placeOf(kind: string, id: string, run: string | null): string {
  if (run) return to(`runs/${run}`);
  return to(`${{ dead_letter: "dead/letters", event: "events" }[kind] ?? "runs"}/${id}`);
}

function ItemCard(item: Item) {
  return (
    <>
      <div class="card-line">
        <State of={item.state} />
        <span class="faint">
          #{item.n} <Time at={item.ended_at} />
        </span>
      </div>
      <div class="card-line">
        <Id id={item.object_id} />
        {item.run_id && <Id id={item.run_id} href={to(`runs/${item.run_id}`)} />}
      </div>
    </>
  );
}
