/** A run as it is shown: pure questions about a view. The server's page answers them alike. */

import type { Failure, RunState, RunStateName, StepState, StepStateName } from "../client/views";
import { isWord, say } from "./words";

export type { RunState, RunStateName, StepState, StepStateName } from "../client/views";

/** A run, or the lack of one: expected, or known never to come. */
export type ShownState = RunStateName | "pending" | "ended";

/** Tells an instant in the reader's own zone and manner. */
export type Clock = (instant: string) => string;

export const AT_WORK: readonly StepStateName[] = [
  "ready",
  "running",
  "waiting",
  "retrying",
  "rescuing",
];
const FINAL: readonly RunStateName[] = ["succeeded", "failed", "cancelled", "expired"];
const UNDER_WAY: readonly RunStateName[] = ["queued", "running", "waiting"];
const HERE: readonly StepStateName[] = [...AT_WORK, "failed", "cancelled"];
/** Kinds of steps that have steps inside them. */
export const BLOCKS: readonly string[] = ["parallel", "switch", "steps", "for_each"];

export function isFinal(state: RunStateName): boolean {
  return FINAL.includes(state);
}

/** Where the piece is: the step at work, else the first that is not over; the last at the end. */
export function placeOf(steps: readonly StepState[]): number {
  const at = steps.findLastIndex((step) => HERE.includes(step.state));
  if (at >= 0) return at;
  const next = steps.findIndex((step) => step.state === "pending");
  return next >= 0 ? next : steps.length - 1;
}

/** Some step of the line has, or may have, something inside it: the line is shown as a tree. */
export function isTree(steps: readonly StepState[]): boolean {
  return steps.some((step) => BLOCKS.includes(step.kind) || step.lines.length > 0);
}

/** There is more to show than a line: what is inside a step, other runs, where people answer, the undoing. */
export function isDeep({ steps, hooks, undo }: RunState): boolean {
  const leads = (step: StepState) => step.child || step.kind === "approval";
  return isTree(steps) || steps.some(leads) || hooks.length > 0 || undo !== null;
}

/** The one sentence that says where the run stands. */
export function headline(view: RunState): string {
  switch (view.state) {
    case "failed":
      return view.failure ? reason(view.failure) : say("why.plain");
    case "running":
    case "waiting": {
      const step = view.steps[placeOf(view.steps)];
      return step ? several(namesAtWork(step)) : say("say.under_way");
    }
    default:
      return say(`say.${view.state}`);
  }
}

/** Why it failed, in the page's language where the sentence is ours. */
function reason({ kind, message, title = "" }: Failure): string {
  return kind === "said" ? message : say(`why.${kind}`, { step: title });
}

/** What is at work: the step, or, where it is a block without a name, what is inside it. */
function namesAtWork(step: StepState): readonly string[] {
  const inside = step.lines
    .flatMap((line) => line.steps)
    .filter((each) => AT_WORK.includes(each.state))
    .flatMap(namesAtWork);
  const isNameless = step.id.includes(" ") && BLOCKS.includes(step.kind);
  return (isNameless || step.state === "rescuing") && inside.length > 0 ? inside : [step.title];
}

function several(names: readonly string[]): string {
  if (names.length < 3) return names.join(", ");
  return say("and_more", { first: names[0] ?? "", count: names.length - 1 });
}

/** What is said below the headline: which step of how many, or how long it took. */
export function place(view: RunState): string {
  switch (view.state) {
    case "succeeded": {
      const took = duration(view.startedAt, view.finishedAt);
      return took && say("place.took", { time: took });
    }
    case "compensating":
      return spaced(
        view.failure ? reason(view.failure) : "",
        view.undo ? say("place.undone", view.undo) : "",
      );
    case "queued":
    case "expired":
      return "";
    default:
      return view.steps.length === 0
        ? ""
        : say("place.step", { at: placeOf(view.steps) + 1, count: view.steps.length });
  }
}

/**
 * When it will be done: where runs of its workflow take about the same time, between which instants; else how
 * long they usually take. Empty where neither can be told, or it takes longer than usual.
 */
export function outlook(view: RunState, now: number, clock: Clock): string {
  const { usualMs, eta, state, startedAt } = view;
  if (!usualMs || !UNDER_WAY.includes(state)) return "";
  const [least, most] = usualMs;
  if (now > Date.parse(startedAt ?? view.createdAt ?? "") + most) return "";
  if (!eta || state !== "running") {
    const [from, to] = [lasting(least), lasting(most)];
    return from === to ? say("eta.about", { time: to }) : say("eta.usually", { from, to });
  }
  const [from, to] = [clock(eta[0]), clock(eta[1])];
  return from === to || now > Date.parse(eta[0])
    ? say("eta.by", { time: to })
    : say("eta.between", { from, to });
}

/** The sentence for an event that started no run. */
export function ending(outcome: string, message: string): string {
  const word = `end.${outcome}`;
  return isWord(word) ? say(word) : message;
}

/** Pieces of text as one: after a sentence a new one begins, after anything else the same goes on. */
export function spoken(...parts: readonly string[]): string {
  return parts
    .filter((part) => part)
    .join(", ")
    .replaceAll("., ", ". ");
}

/** Pieces of text beside one another. */
export function spaced(...parts: readonly string[]): string {
  return parts.filter((part) => part).join(" · ");
}

/** The small line below a step: what it says of itself, how far it is, or what it waits for. */
export function stepNote(step: StepState, clock: Clock): string {
  switch (step.state) {
    case "retrying":
      return again(step.tries, step.triesMax, step.dueAt, clock);
    case "running":
    case "rescuing":
    case "undoing":
      return spaced(itemsNote(step), step.note);
    case "waiting":
      return spaced(answersNote(step), childNote(step), untilNote(step.dueAt, clock));
    case "succeeded":
      return spaced(
        step.counts?.failed ? itemsNote(step) : "",
        duration(step.startedAt, step.finishedAt),
      );
    case "failed":
      return itemsNote(step);
    default:
      return "";
  }
}

export function again(tries: number, count: number, dueAt: string | null, clock: Clock): string {
  const values = { at: tries + 1, count };
  return dueAt === null ? say("again", values) : say("again.at", { ...values, time: clock(dueAt) });
}

function itemsNote(step: StepState): string {
  if (!step.counts) return "";
  const { done, total, failed } = step.counts;
  return spaced(
    say("items", { done: grouped(done), total: grouped(total) }),
    failed ? say("items.failed", { count: grouped(failed) }) : "",
  );
}

function answersNote(step: StepState): string {
  return step.answers !== null && step.answers.wanted > 1 ? say("answers", step.answers) : "";
}

function childNote(step: StepState): string {
  return step.child !== null && step.progress !== null
    ? `${Math.trunc(100 * step.progress + 1e-9)} %`
    : "";
}

export function untilNote(dueAt: string | null, clock: Clock): string {
  return dueAt === null ? "" : say("until", { time: clock(dueAt) });
}

/** A number with a thin space between thousands: 10 000. */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** The time between two instants in human units; empty where one is not known. */
function duration(from: string | null, to: string | null): string {
  return from && to ? lasting(Date.parse(to) - Date.parse(from)) : "";
}

function lasting(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 0.05) return "<0.1 s";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
