/** One event: its way, what each workflow said and would say now, clause by clause, and its data. */

import { useLocation } from "preact-iso/router";
import { type Fields, fieldsIn, isFields } from "../../client/fields";
import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { type Act, Acts } from "../parts/act";
import { Id } from "../parts/copy";
import { Loading } from "../parts/empty";
import { Fact } from "../parts/facts";
import { Icon } from "../parts/glyphs";
import { freshAsked, Panel } from "../parts/panel";
import { Payload } from "../parts/payload";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { State } from "../parts/state";
import { useThing } from "../parts/thing";
import { Time } from "../parts/time";
import type { ScreenProps } from "../screen";
import { may, to } from "../state/page";
import { quoted } from "../state/query";
import { Triggers, textOf } from "./events/clauses";
import { isUnmatched, outcomeOf, Pipeline } from "./events/pipeline";
import { SendTest } from "./events/send";

type Event = Told["EventTold"];

const POLL_MS = 3_000;

export function EventScreen({ params }: ScreenProps) {
  const id = params["id"] ?? "";
  const path = { event_id: id };
  const asked = useAsked(
    id,
    (signal) => got(api.GET("/events/{event_id}", { params: { path }, signal })),
    { everyMs: POLL_MS },
  );
  useThing({ kind: "event", id, name: asked.value?.type, state: asked.value?.state });
  if (asked.problem && !asked.value) return <ProblemScreen problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  const event = asked.value;
  return (
    <div class="screen">
      <Head event={event} />
      {asked.problem && <ProblemNote problem={asked.problem} />}
      {isUnmatched(event) && <StartedNothing event={event} />}
      <div class="run-parts">
        <Panel title="What workflows said" fresh={freshAsked(asked)} isFlush>
          <Explained event={event} />
        </Panel>
        <Panel title="Data">
          <Payload
            title="Data"
            of={id}
            ask={async (signal) =>
              (await got(api.GET("/events/{event_id}/data", { params: { path }, signal }))).data
            }
          />
        </Panel>
      </div>
    </div>
  );
}

/** Why nothing came of it, before anything else. */
function StartedNothing({ event }: { event: Event }) {
  return (
    <p class="notice" data-tone={event.answers.length > 0 ? "plain" : "retry"}>
      <Icon of="warning" />
      <span>
        {event.answers.length > 0
          ? "It started nothing: every workflow that listens to its type said no. Below is why."
          : "It started nothing: no workflow starts on its type, or waits for it."}
        {event.near && (
          <>
            {" "}
            Did you mean{" "}
            <a href={to(`event-types/${encodeURIComponent(event.near)}`)}>{event.near}</a>?
          </>
        )}
      </span>
    </p>
  );
}

function Head({ event }: { event: Event }) {
  const { route } = useLocation();
  const again: Act = {
    label: "Replay…",
    permission: "replay",
    whyNot: event.state === "routed" ? "" : "It is still on its way.",
    title: "Send this event once more?",
    says: "The next page asks how, and shows what it would start. Nothing is sent before that.",
    reason: "none",
    confirm: "Go on",
    run: async () => {
      const body = { kind: "event" as const, q: `id:${event.id}` };
      const { id } = await got(api.POST("/selections", { body }));
      route(to("replays/new", { selection: id }));
      return "Frozen for a replay.";
    },
  };
  return (
    <header class="run-head">
      <div class="screen-head">
        <State of={event.state} />
        <h1>
          <a href={to(`event-types/${encodeURIComponent(event.type)}`)}>{event.type}</a>
        </h1>
        {event.is_test && <span class="badge">test event</span>}
        <Id id={event.id} />
        <div class="screen-acts">
          <Acts acts={[again]} />
          {!event.type.startsWith("flowengine.") && (
            <SendTest
              key={event.id}
              label="Send one like it…"
              type={event.type}
              subject={event.subject ?? ""}
            />
          )}
        </div>
      </div>
      <dl class="facts">
        <Fact title="Came">
          <Time at={event.created_at} />
        </Fact>
        <Fact title="Committed, published, routed">
          <Pipeline event={event} />
        </Fact>
        <Fact title="Source">{event.source ?? "this project"}</Fact>
        {event.subject && <Fact title="Subject">{event.subject}</Fact>}
        {event.actor && (
          <Fact title="Actor">
            <a href={to("events", { q: `actor:${event.actor}` })}>{event.actor}</a>
          </Fact>
        )}
        {event.causation_id && (
          <Fact title="Caused by">
            <Id id={event.causation_id} href={to(`events/${event.causation_id}`)} />
          </Fact>
        )}
        <Fact title="Together with">
          <a href={to("events", { q: `correlation:${quoted(event.correlation_id)}` })}>
            all of one cause
          </a>
        </Fact>
        {event.hops > 0 && <Fact title="Hops">{event.hops}</Fact>}
      </dl>
    </header>
  );
}

/** Each workflow: what it said when it was asked, and what it would say now. */
function Explained({ event }: { event: Event }) {
  const isPermitted = may("view_payload");
  const asked = useAsked(
    `explanation of ${event.id}`,
    (signal) =>
      got(
        api.GET("/events/{event_id}/explanation", {
          params: { path: { event_id: event.id } },
          signal,
        }),
      ),
    { isOn: isPermitted, when: event.state },
  );
  if (!isPermitted) return <Plain event={event} />;
  if (asked.problem) return <ProblemNote problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  const all = asked.value.workflows.filter(isFields);
  const asks = all.filter((each) => each["outcome"] !== "other_events" || each["recorded"]);
  return (
    <ul class="explained">
      {asks.map((each) => (
        <li key={textOf(each, "workflow")}>
          <Workflow said={each} />
        </li>
      ))}
      {asks.length < all.length && (
        <li class="faint">
          {all.length - asks.length} {all.length - asks.length === 1 ? "other" : "others"} start on
          other events.
        </li>
      )}
    </ul>
  );
}

function Workflow({ said }: { said: Fields }) {
  const recorded = isFields(said["recorded"]) ? said["recorded"] : null;
  const [look, word] = outcomeOf(textOf(recorded ?? said, "outcome"));
  const run = recorded ? textOf(recorded, "run_id") : "";
  return (
    <>
      <p class="explained-head">
        <strong>{textOf(said, "workflow")}</strong>
        <State of={look} word={word} />
        {run && look === "succeeded" && <Id id={run} href={to(`runs/${run}`)} />}
        <span class="faint">{textOf(recorded ?? said, "detail")}</span>
      </p>
      {recorded && look !== outcomeOf(textOf(said, "outcome"))[0] && (
        <p class="faint">Now it would be: {outcomeOf(textOf(said, "outcome"))[1]}.</p>
      )}
      <Triggers of={fieldsIn(said["triggers"])} />
    </>
  );
}

/** Without what is payload: who was asked, and what was said. */
function Plain({ event }: { event: Event }) {
  return (
    <ul class="explained">
      {event.answers.map(({ workflow, outcome, run_id: run, replay }) => {
        const [look, word] = outcomeOf(outcome);
        return (
          <li key={`${workflow} ${replay}`} class="explained-head">
            <strong>{workflow}</strong>
            <State of={look} word={word} />
            {run && <Id id={run} href={to(`runs/${run}`)} />}
          </li>
        );
      })}
      {event.answers.length === 0 && <li class="faint">No workflow has answered.</li>}
    </ul>
  );
}
