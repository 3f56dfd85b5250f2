/** Events: what came, how far it is on its way, and what workflows made of it. */

import { useLocation } from "preact-iso/router";
import { api, got } from "../http/ask";
import { useExample } from "../http/example";
import { useEventTypes } from "../http/known";
import { usePages } from "../http/pages";
import { Empty } from "../parts/empty";
import { FilterBar } from "../parts/filter";
import { ListTable } from "../parts/list-table";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import type { Column } from "../parts/table";
import { Time } from "../parts/time";
import { Views } from "../parts/views";
import { to } from "../state/page";
import type { Listed, Page } from "../state/rows";
import { Answers, type Event, isUnmatched, Pipeline } from "./events/pipeline";
import { SendTest } from "./events/send";

const POLL_MS = 3_000;
const PAGE = 50;

const EVENTS: Listed<Event> = {
  idOf: ({ id }) => id,
  orderOf: ({ created_at, id }) => `${created_at} ${id}`,
};

const COLUMNS: readonly Column<Event>[] = [
  {
    key: "at",
    title: "Came",
    width: "9rem",
    cell: ({ created_at }) => <Time at={created_at} />,
  },
  {
    key: "type",
    title: "Type",
    width: "minmax(9rem, 1.4fr)",
    isName: true,
    cell: ({ type, is_test: isTest }) => (
      <>
        <span title={type}>{type}</span> {isTest && <span class="badge">test</span>}
      </>
    ),
  },
  {
    key: "subject",
    title: "Subject",
    width: "minmax(7rem, 1fr)",
    cell: ({ subject }) => subject || <span class="faint">–</span>,
  },
  {
    key: "source",
    title: "Source",
    width: "minmax(5rem, 9rem)",
    cell: ({ source }) => source ?? <span class="faint">this project</span>,
  },
  {
    key: "way",
    title: "On its way",
    width: "9rem",
    cell: (event) => <Pipeline event={event} />,
  },
  {
    key: "runs",
    title: "Runs",
    width: "minmax(9rem, 1.8fr)",
    cell: (event) => <Answers event={event} />,
  },
];

export function EventsScreen() {
  const { query, route } = useLocation();
  const q = query["q"] ?? "";
  const ask = (after: string, signal: AbortSignal): Promise<Page<Event>> =>
    got(api.GET("/events", { params: { query: { q, after, limit: PAGE } }, signal }));
  const list = usePages(q, ask, EVENTS, { everyMs: POLL_MS });
  const isFilterBad = list.problem?.code === "FE510";
  const go = (text: string) => route(to("events", { q: text }));
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>Events</h1>
        <Views kind="event" q={q} hrefOf={(text) => to("events", { q: text })} />
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
          <a class="button" href={to("event-types")}>
            Types
          </a>
          <SendTest />
        </div>
      </header>
      <FilterBar
        kind="event"
        value={q}
        onChange={go}
        values={{ type: useEventTypes() }}
        problem={isFilterBad ? list.problem : null}
        placeholder="type:order.placed subject:order:1042 since:1h"
      />
      {list.problem && !isFilterBad && <ProblemNote problem={list.problem} />}
      <ListTable
        label="Events"
        list={list}
        columns={COLUMNS}
        listed={EVENTS}
        hrefOf={({ id }) => to(`events/${id}`)}
        nameOf={({ type }) => type}
        card={EventCard}
        cardHeight={92}
        empty={<NoEvents q={q} />}
      />
    </div>
  );
}

function EventCard(event: Event) {
  return (
    <>
      <div class="card-line">
        <strong>
          {event.type} {event.is_test && <span class="badge">test</span>}
        </strong>
        <span class="faint">
          <Time at={event.created_at} />
        </span>
      </div>
      <div class="card-line">
        <span class="faint">{event.subject || event.source || "this project"}</span>
        <Pipeline event={event} />
      </div>
      <div class="card-line">
        {event.answers.length > 0 || isUnmatched(event) ? <Answers event={event} /> : <span />}
      </div>
    </>
  );
}

function NoEvents({ q }: { q: string }) {
  const code = useExample(q === "");
  if (q !== "") return <Empty title="No event matches this filter." />;
  return (
    <Empty title="No event has come yet." code={code}>
      <p>Emit one inside a transaction of your own; it is told when that commits.</p>
    </Empty>
  );
}
