/** One event type: how often it comes, who sends it, who listens, what its data must be, and the last ones. */

import type { ComponentChildren } from "preact";
import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { Copy } from "../parts/copy";
import { Loading } from "../parts/empty";
import { Icon } from "../parts/glyphs";
import { freshAsked, Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { State } from "../parts/state";
import { useThing } from "../parts/thing";
import { Time } from "../parts/time";
import type { ScreenProps } from "../screen";
import { may, to } from "../state/page";
import { quoted } from "../state/query";
import { Answers, type Event, isUnmatched, Pipeline } from "./events/pipeline";
import { Bars } from "./events/rate";
import { SendTest } from "./events/send";

type Type = Told["TypeTold"];
type Consumer = Told["ConsumerTold"];

const POLL_MS = 5_000;
const LAST = 20;
const HOW = { starts: "starts", waits: "waits for it", cancels: "is cancelled by it" } as const;
const SENT_BY = {
  model: "@emits on the model",
  signal: "emit_on a signal, data by",
  step: "a step of",
  webhook: "the webhook",
  engine: "the engine itself",
} as const;

export function EventTypeScreen({ params }: ScreenProps) {
  const type = decodeURIComponent(params["type"] ?? "");
  const asked = useAsked(
    type,
    (signal) => got(api.GET("/event-types/{type}", { params: { path: { type } }, signal })),
    { everyMs: POLL_MS },
  );
  const last = useAsked(
    `last of ${type}`,
    (signal) => {
      const query = { q: `type:${quoted(type)}`, limit: LAST };
      return got(api.GET("/events", { params: { query }, signal }));
    },
    { everyMs: POLL_MS },
  );
  useThing({ id: type, name: asked.value && type });
  if (asked.problem && !asked.value) return <ProblemScreen problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  const told = asked.value;
  const fresh = freshAsked(asked);
  const events = last.value?.items ?? [];
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{type}</h1>
        {told.is_registered && <span class="badge">registered</span>}
        <div class="screen-acts">
          <a class="button" href={to("event-types")}>
            All types
          </a>
          <a class="button" href={to("events", { q: `type:${quoted(type)}` })}>
            Its events
          </a>
          {!type.startsWith("flowengine.") && <SendTest key={type} type={type} />}
        </div>
      </header>
      {asked.problem && <ProblemNote problem={asked.problem} />}
      {told.consumers.length === 0 && <NobodyListens told={told} />}
      <div class="type-parts">
        <div>
          <Panel title="How often" fresh={fresh}>
            <Rate told={told} />
          </Panel>
          <Panel title="Who listens" fresh={fresh} isFlush>
            <Consumers told={told} />
          </Panel>
          <Panel title="Who sends it" fresh={fresh} isFlush>
            <Producers told={told} />
          </Panel>
        </div>
        <Panel title="What its data must be">
          <Schema told={told} />
        </Panel>
      </div>
      <Panel title="The last ones" fresh={freshAsked(last)} problem={last.problem} isFlush>
        <Last events={events} isAsked={last.value !== undefined} />
      </Panel>
    </div>
  );
}

function NobodyListens({ told }: { told: Type }) {
  return (
    <p class="notice" data-tone={told.near ? "retry" : "plain"}>
      <Icon of="warning" />
      <span>
        No workflow starts on this type or waits for it: such events are stored, and that is all.
        {told.near && (
          <>
            {" "}
            Did you mean{" "}
            <a href={to(`event-types/${encodeURIComponent(told.near)}`)}>{told.near}</a>?
          </>
        )}
      </span>
    </p>
  );
}

function Rate({ told }: { told: Type }) {
  const hour = told.minutes.reduce((sum, n) => sum + n, 0);
  const day = told.hours.reduce((sum, n) => sum + n, 0);
  const least = told.counted_since ? "at least " : "";
  return (
    <div class="rates">
      <Bars
        counts={told.minutes}
        title={`${least}${hour.toLocaleString("en")} in the last hour`}
        unit="minute"
      />
      <Bars
        counts={told.hours}
        title={`${least}${day.toLocaleString("en")} in the last 24 hours`}
        unit="hour"
      />
      {told.counted_since && (
        <p class="faint">
          Only the newest 5,000 are counted: those since <Time at={told.counted_since} isClock />.
        </p>
      )}
    </div>
  );
}

function Consumers({ told }: { told: Type }) {
  if (told.consumers.length === 0) return <Note>Nobody.</Note>;
  return (
    <ul class="parties">
      {told.consumers.map((each) => (
        <li key={`${each.workflow} ${each.how} ${each.step} ${each.pattern} ${each.condition}`}>
          <Consumer of={each} />
        </li>
      ))}
    </ul>
  );
}

function Consumer({ of: { workflow, how, step, pattern, condition, state } }: { of: Consumer }) {
  return (
    <>
      <p>
        <a href={to(`definitions/${encodeURIComponent(workflow)}`)}>
          <strong>{workflow}</strong>
        </a>{" "}
        {HOW[how]}
        {step && (
          <>
            , at <code>{step}</code>
          </>
        )}{" "}
        <code class="faint">{pattern}</code>{" "}
        {state !== "active" && (
          <State
            of={state === "disabled" ? "paused" : "retrying"}
            word={state.replaceAll("_", " ")}
          />
        )}
      </p>
      {condition && (
        <p class="filter-text-of">
          if <code>{condition}</code>
        </p>
      )}
    </>
  );
}

function Producers({ told }: { told: Type }) {
  const foreign = told.sources.filter(({ source }) => source !== null);
  if (told.producers.length + foreign.length === 0) {
    return (
      <Note>
        Nothing declares it here. Who calls <code>emit()</code> is not known beforehand.
      </Note>
    );
  }
  return (
    <ul class="parties">
      {told.producers.map(({ kind, name, detail }) => (
        <li key={`${kind} ${name} ${detail}`}>
          <span class="faint">{SENT_BY[kind]}</span>{" "}
          {kind === "step" ? (
            <a href={to(`definitions/${encodeURIComponent(name)}`)}>{name}</a>
          ) : (
            kind !== "engine" && <code>{name}</code>
          )}{" "}
          {detail && <code class="faint">{detail}</code>}
        </li>
      ))}
      {foreign.map(({ source, n }) => (
        <li key={source}>
          <span class="faint">from elsewhere,</span> <code>{source}</code>{" "}
          <span class="faint">{n} of the newest 500</span>
        </li>
      ))}
    </ul>
  );
}

function Schema({ told }: { told: Type }) {
  if (!told.data_schema) {
    return (
      <p class="faint">
        {told.is_registered
          ? "It is registered without a schema that could be shown."
          : "It is not registered: any JSON will do."}
      </p>
    );
  }
  const text = JSON.stringify(told.data_schema, null, 2);
  return (
    <div class="payload">
      <div class="payload-acts">
        <Copy text={text} says="the schema" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

function Last({ events, isAsked }: { events: readonly Event[]; isAsked: boolean }) {
  if (!isAsked) return <Loading />;
  if (events.length === 0) return <Note>None has come.</Note>;
  const unmatched = events.filter(isUnmatched).length;
  return (
    <>
      {unmatched > 0 && (
        <Note>
          Of these {events.length}, {unmatched} started nothing
          {may("view_payload") && "; an event's page says clause by clause why"}.
        </Note>
      )}
      <ul class="parties last-events">
        {events.map((event) => (
          <li key={event.id}>
            <a href={to(`events/${event.id}`)}>
              <Time at={event.created_at} />
            </a>
            <span>{event.subject || event.source || ""}</span>
            {event.is_test && <span class="badge">test</span>}
            <Pipeline event={event} />
            <Answers event={event} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Note({ children }: { children: ComponentChildren }) {
  return <p class="note faint">{children}</p>;
}
