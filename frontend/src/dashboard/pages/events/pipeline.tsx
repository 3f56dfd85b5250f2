/** Where an event is on its way: committed, published, routed; and what workflows answered. */

import type { Told } from "../../http/ask";
import { Icon } from "../../parts/glyphs";
import { State } from "../../parts/state";
import { now } from "../../state/link";
import { to } from "../../state/page";
import { span } from "../../state/time";

export type Event = Told["EventTold"];
type Answer = Told["Answered"];

/** What an answer's outcome means, and whether somebody should look. */
const OUTCOMES: ReadonlyMap<string, readonly [look: string, word: string]> = new Map([
  ["started", ["succeeded", "started"]],
  ["queued", ["queued", "queued"]],
  ["match", ["succeeded", "would start"]],
  ["no_match", ["skipped", "no match"]],
  ["duplicate", ["skipped", "known already"]],
  ["bad_input", ["failed", "does not fit"]],
  ["filter_error", ["failed", "its filter failed"]],
  ["disabled", ["held", "disabled"]],
  ["not_synchronised", ["retrying", "not synchronised"]],
  ["other_events", ["skipped", "starts on other events"]],
]);

/** As long as the floor has patience with an event before it needs somebody. */
const LATE_MS = 10_000;

export function outcomeOf(outcome: string): readonly [look: string, word: string] {
  return OUTCOMES.get(outcome) ?? ["skipped", outcome.replaceAll("_", " ")];
}

/** It was routed, and started nothing: nobody listens to it, or everybody who does said no. */
export function isUnmatched({ state, answers, is_heard: isHeard }: Event): boolean {
  if (state !== "routed" || answers.some(({ run_id: run }) => run !== null)) return false;
  // Without any answer, somebody who listens only waits for it: that is not told with the event.
  return answers.length > 0 || !isHeard;
}

/** It should have been routed long ago: no relay, broker or router has seen to it. */
export function isLate(
  { state, due_at: due }: Pick<Event, "state" | "due_at">,
  at: number,
): boolean {
  const isOnItsWay = state === "pending" || state === "published";
  return isOnItsWay && due !== null && at - Date.parse(due) > LATE_MS;
}

/** Why it started nothing, in a few words. */
export function whyUnmatched({ answers }: Event): string {
  const [only, ...others] = answers;
  if (!only) return "nobody listens";
  if (others.length > 0) return `${answers.length} workflows said no`;
  return `${only.workflow}: ${outcomeOf(only.outcome)[1]}`;
}

/** Ticks for each stage that is over; the time from the commit until it was routed. */
export function Pipeline({ event }: { event: Event }) {
  const isPublished = event.state !== "pending";
  const isRouted = event.routed_at !== null;
  const stages: readonly (readonly [string, boolean])[] = [
    ["committed", true],
    ["published", isPublished],
    ["routed", isRouted],
  ];
  return (
    <span class="pipeline">
      {stages.map(([name, isOver]) => (
        <span key={name} class="stage" data-tone={isOver ? "good" : "plain"} title={name}>
          <Icon of={isOver ? "done" : "waiting"} size={14} />
          <span class="hidden-text">{isOver ? name : `not ${name} yet`}</span>
        </span>
      ))}
      {event.routed_at && (
        <span class="faint">
          {span(Date.parse(event.routed_at) - Date.parse(event.created_at))}
        </span>
      )}
    </span>
  );
}

export function Answers({ event }: { event: Event }) {
  if (event.state === "dead") return <State of="dead" />;
  // The page's clock is only looked at by those whose time counts.
  if (event.routed_at === null && isLate(event, now.value)) return <Late event={event} />;
  if (isUnmatched(event)) {
    return (
      <span
        class="state unmatched"
        title={whyUnmatched(event)}
        data-tone={event.answers.length > 0 ? "plain" : "retry"}
      >
        <Icon of={event.answers.length > 0 ? "skipped" : "warning"} size={14} />
        {event.near ? (
          <span>
            <span class="hidden-text">{whyUnmatched(event)}; </span>did you mean{" "}
            <code>{event.near}</code>?
          </span>
        ) : (
          <span>{whyUnmatched(event)}</span>
        )}
      </span>
    );
  }
  if (event.answers.length === 0) {
    return <span class="faint">{event.state === "routed" ? "for runs that wait" : ""}</span>;
  }
  return (
    <span class="answers">
      {event.answers
        .filter(({ run_id: run }) => run !== null)
        .map((answer) => (
          <AnswerLink key={`${answer.workflow} ${answer.replay}`} answer={answer} />
        ))}
    </span>
  );
}

function Late({ event }: { event: Event }) {
  return (
    <span class="state unmatched" data-tone="retry" title="Is a relay running, and a worker?">
      <Icon of="warning" size={14} />
      <span>due for {span(now.value - Date.parse(event.due_at ?? event.created_at))}</span>
    </span>
  );
}

function AnswerLink({ answer }: { answer: Answer }) {
  const [, word] = outcomeOf(answer.outcome);
  return (
    <a href={to(`runs/${answer.run_id}`)} title={word}>
      {answer.workflow}
    </a>
  );
}
