/** Event types: those that are known, and those that came; who listens to each, and which nobody does. */

import { api, got, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { Empty } from "../parts/empty";
import { Icon } from "../parts/glyphs";
import { ListTable } from "../parts/list-table";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import type { Column } from "../parts/table";
import { Time } from "../parts/time";
import { to } from "../state/page";
import type { Listed, Page } from "../state/rows";
import { SendTest } from "./events/send";

type Type = Told["EventTypeTold"];

const POLL_MS = 10_000;

const TYPES: Listed<Type> = { idOf: ({ type }) => type };

const COLUMNS: readonly Column<Type>[] = [
  {
    key: "type",
    title: "Type",
    width: "minmax(12rem, 2fr)",
    isName: true,
    cell: ({ type }) => type,
  },
  {
    key: "schema",
    title: "Registered",
    width: "9rem",
    cell: ({ is_registered: isRegistered }) => (isRegistered ? "yes" : <Nothing />),
  },
  {
    key: "listeners",
    title: "Who listens",
    width: "minmax(10rem, 2fr)",
    cell: (type) => <Listeners type={type} />,
  },
  {
    key: "lately",
    title: "Of the newest 5,000",
    width: "9.5rem",
    align: "end",
    cell: ({ lately }) => (lately > 0 ? lately.toLocaleString("en") : <Nothing />),
  },
  {
    key: "at",
    title: "Last",
    width: "7rem",
    align: "end",
    cell: ({ last_at: at }) => <Time at={at} />,
  },
];

export function EventTypesScreen() {
  const ask = (after: string, signal: AbortSignal): Promise<Page<Type>> =>
    got(api.GET("/event-types", { params: { query: { after, limit: 200 } }, signal }));
  const list = usePages("", ask, TYPES, { everyMs: POLL_MS });
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>Event types</h1>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
          <a class="button" href={to("events")}>
            Events
          </a>
          <SendTest />
        </div>
      </header>
      {list.problem && <ProblemNote problem={list.problem} />}
      <ListTable
        label="Event types"
        list={list}
        columns={COLUMNS}
        listed={TYPES}
        hrefOf={({ type }) => to(`event-types/${encodeURIComponent(type)}`)}
        nameOf={({ type }) => type}
        card={(type) => (
          <>
            <div class="card-line">
              <strong>{type.type}</strong>
              <Time at={type.last_at} />
            </div>
            <div class="card-line">
              <Listeners type={type} />
            </div>
          </>
        )}
        cardHeight={72}
        empty={
          <Empty title="No event type is known yet." code={'register_event("order.placed", Order)'}>
            <p>A type is known once it is registered, a workflow names it, or an event has come.</p>
          </Empty>
        }
      />
    </div>
  );
}

function Nothing() {
  return <span class="faint">–</span>;
}

function Listeners({ type: { starts, waits, near } }: { type: Type }) {
  const waiting = waits.filter((name) => !starts.includes(name));
  if (starts.length + waiting.length === 0) return <Unheard near={near} />;
  return (
    <span title={[...starts, ...waiting].join(", ")}>
      {starts.join(", ")}
      {waiting.length > 0 && (
        <span class="faint">
          {starts.length > 0 && ", "}
          {waiting.join(", ")} (waits)
        </span>
      )}
    </span>
  );
}

/** Nobody listens: a mistyped name is named as such. */
export function Unheard({ near }: { near: string | null }) {
  return (
    <span class="state" data-tone={near ? "retry" : "plain"}>
      <Icon of={near ? "warning" : "skipped"} size={14} />
      <span>
        nobody listens
        {near && (
          <>
            ; did you mean <code>{near}</code>?
          </>
        )}
      </span>
    </span>
  );
}
