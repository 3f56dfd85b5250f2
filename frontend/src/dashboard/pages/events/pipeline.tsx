/** Where an event is on its way: committed, published, routed; and what workflows answered. */

import type { Told } from "../../http/ask";
import { Icon } from "../../parts/glyphs";
import { State } from "../../parts/state";
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

export function outcomeOf(outcome: string): readonly [look: string, word: string] {
  return OUTCOMES.get(outcome) ?? ["skipped", outcome.replaceAll("_", " ")];
}

/** It was routed, and no workflow wanted it. */
export function isUnmatched({ state, answers }: Event): boolean {
  return state === "routed" && !answers.some(({ run_id: run }) => run !== null);
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
  if (isUnmatched(event)) {
    return (
      <span class="state" data-tone="retry">
        <Icon of="warning" size={14} />
        <span>no workflow wanted it</span>
      </span>
    );
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

function AnswerLink({ answer }: { answer: Answer }) {
  const [, word] = outcomeOf(answer.outcome);
  return (
    <a href={to(`runs/${answer.run_id}`)} title={word}>
      {answer.workflow}
    </a>
  );
}
