/** Audit: what people did, to what, why and through which door; append-only, newest first. */

import { useLocation } from "preact-iso/router";
import { api, got, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { Acts } from "../parts/act";
import { Id } from "../parts/copy";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import type { Column } from "../parts/table";
import { Time } from "../parts/time";
import { to } from "../state/page";
import type { Listed, Page } from "../state/rows";
import { exportAct } from "./audit/export";
import { actOf, placeOf, whoOf } from "./audit/words";

export type Entry = Told["AuditTold"];

const POLL_MS = 5_000;
const PAGE = 100;

const ENTRIES: Listed<Entry> = {
  idOf: ({ id }) => id,
  orderOf: ({ number }) => String(number).padStart(16, "0"),
};

/** What was done to: the kinds that one looks for. */
const KINDS: readonly (readonly [string, string])[] = [
  ["", "Everything"],
  ["run", "Runs"],
  ["dead_group", "Causes"],
  ["replay", "Replays"],
  ["station", "Stations"],
  ["worker", "Workers"],
  ["workflow", "Workflows"],
  ["dead_letter", "Dead letters"],
  ["event", "Test events"],
  ["rule", "Rules"],
  ["view", "Views"],
];

const COLUMNS: readonly Column<Entry>[] = [
  { key: "at", title: "When", width: "7rem", cell: ({ at }) => <Time at={at} /> },
  { key: "who", title: "Who", width: "minmax(5rem, 8rem)", cell: (entry) => whoOf(entry) },
  {
    key: "verb",
    title: "Did",
    width: "minmax(7rem, 1fr)",
    isName: true,
    cell: (entry) => <strong>{actOf(entry)}</strong>,
  },
  { key: "what", title: "What", width: "minmax(8rem, 1fr)", cell: (entry) => <What of={entry} /> },
  {
    key: "reason",
    title: "Why",
    width: "minmax(10rem, 2fr)",
    cell: ({ reason }) =>
      reason ? <span title={reason}>{reason}</span> : <span class="faint">–</span>,
  },
  {
    key: "door",
    title: "From",
    width: "minmax(6rem, 9rem)",
    cell: ({ door, address }) => (
      <span class="faint" title={address}>
        {door} {address}
      </span>
    ),
  },
];

export function AuditScreen() {
  const { query, route } = useLocation();
  const kind = query["kind"] ?? "";
  const object = query["object_id"] ?? "";
  const ask = (after: string, signal: AbortSignal, limit = PAGE): Promise<Page<Entry>> =>
    got(
      api.GET("/audit", {
        params: { query: { kind, object_id: object, after, limit } },
        signal,
      }),
    );
  const list = usePages(`${kind} ${object}`, ask, ENTRIES, { everyMs: POLL_MS });
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>Audit</h1>
        <nav class="views" aria-label="What was done to">
          {KINDS.map(([key, title]) => (
            <a
              key={key}
              href={to("audit", { kind: key })}
              aria-current={key === kind && !object ? "page" : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
          <Acts acts={[exportAct(ask)]} />
        </div>
      </header>
      {object && (
        <p class="audit-one">
          Only of <code>{object}</code>.{" "}
          <button type="button" class="button" onClick={() => route(to("audit", { kind }))}>
            Show all
          </button>
        </p>
      )}
      {list.problem && <ProblemNote problem={list.problem} />}
      <ListTable
        label="What people did"
        list={list}
        columns={COLUMNS}
        listed={ENTRIES}
        hrefOf={(entry) => placeOf(entry) ?? to("audit", { kind: entry.kind })}
        nameOf={actOf}
        card={AuditCard}
        cardHeight={104}
        empty={<NothingDone />}
      />
    </div>
  );
}

function What({ of }: { of: Entry }) {
  const place = placeOf(of);
  if (!of.object_id) return <span class="faint">–</span>;
  if (of.object_id.length === 36) return <Id id={of.object_id} href={place ?? undefined} />;
  return place ? <a href={place}>{of.object_id}</a> : <span>{of.object_id}</span>;
}

function AuditCard(entry: Entry) {
  return (
    <>
      <div class="card-line">
        <strong>{actOf(entry)}</strong>
        <span class="faint">
          <Time at={entry.at} />
        </span>
      </div>
      <div class="card-line">
        <span>{whoOf(entry)}</span>
        <What of={entry} />
      </div>
      <div class="card-line">
        <span class="faint">{entry.reason || "without a reason"}</span>
      </div>
    </>
  );
}

function NothingDone() {
  return (
    <Empty title="Nobody has done anything yet.">
      <p>
        Whoever cancels, resumes, replays, discards or pauses something is written down here in the
        same transaction, with the reason given. No row of it can be changed.
      </p>
    </Empty>
  );
}
