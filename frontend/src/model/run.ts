/** A run as it is shown: pure questions about a view. The server's page answers them alike. */

import type { RunState, RunStateName, StepState, StepStateName, Why } from "../client/views";
import { AT_WORK } from "./percent";
import { isWord, say } from "./words";

export type { RunState, RunStateName, StepState, StepStateName } from "../client/views";

/** A run, or the lack of one: expected, or known never to come. */
export type ShownState = RunStateName | "pending" | "ended";

/** Tells an instant in the reader's own zone and manner. */
export type Clock = (instant: string) => string;

const FINAL: readonly RunStateName[] = ["succeeded", "failed", "cancelled", "expired"];
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

/** The one sentence that says where the run stands. */
export function headline(view: RunState): string {
  switch (view.state) {
    case "failed":
      return view.why === null ? say("why.plain") : reason(view.why);
    case "running":
    case "waiting": {
      const step = view.steps[placeOf(view.steps)];
      return step === undefined ? say("say.under_way") : several(namesAtWork(step));
    }
    default:
      return say(`say.${view.state}`);
  }
}

/** Why it failed, in the page's language where the sentence is ours. */
function reason(why: Why): string {
  return why.kind === "said" ? why.message : say(`why.${why.kind}`, { step: why.step ?? "" });
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
  const [first = "", second = ""] = names;
  if (names.length < 2) return first;
  if (names.length === 2) return `${first}, ${second}`;
  return say("and_more", { first, count: names.length - 1 });
}

/** What is said below the headline: which step of how many, or how long it took. */
export function place(view: RunState): string {
  switch (view.state) {
    case "succeeded": {
      const took = duration(view.startedAt, view.finishedAt);
      return took === "" ? "" : say("place.took", { time: took });
    }
    case "compensating":
      return spaced(
        view.why === null ? "" : reason(view.why),
        view.undo === null ? "" : say("place.undone", view.undo),
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

/** The sentence for an event that started no run. */
export function ending(outcome: string, message: string): string {
  const word = `end.${outcome}`;
  return isWord(word) ? say(word) : message;
}

/** Pieces of text as one: after a sentence a new one begins, after anything else the same goes on. */
export function spoken(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "")
    .reduce((text, part) => (text.endsWith(".") ? `${text} ${part}` : `${text}, ${part}`), "")
    .replace(/^, /, "");
}

/** Pieces of text beside one another. */
export function spaced(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" · ");
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
        step.counts !== null && step.counts.failed > 0 ? itemsNote(step) : "",
        duration(step.startedAt, step.finishedAt),
      );
    case "failed":
      return itemsNote(step);
    case "pending":
    case "ready":
    case "rescued":
    case "skipped":
    case "cancelled":
    case "not_reached":
    case "undone":
    case "undo_failed":
      return "";
    default:
      return assertNever(step.state);
  }
}

/** The small line of one item of a loop. */
export function itemNote(
  item: { state: StepStateName; note: string; tries: number; dueAt: string | null },
  triesMax: number,
  clock: Clock,
): string {
  switch (item.state) {
    case "retrying":
      return again(item.tries, triesMax, item.dueAt, clock);
    case "waiting":
      return spaced(item.note, untilNote(item.dueAt, clock));
    case "failed":
      return say("step.failed");
    default:
      return item.note;
  }
}

function again(tries: number, count: number, dueAt: string | null, clock: Clock): string {
  const values = { at: tries + 1, count };
  return dueAt === null ? say("again", values) : say("again.at", { ...values, time: clock(dueAt) });
}

function itemsNote(step: StepState): string {
  if (step.counts === null) return "";
  const { done, total, failed } = step.counts;
  return spaced(
    say("items", { done: grouped(done), total: grouped(total) }),
    failed > 0 ? say("items.failed", { count: grouped(failed) }) : "",
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

function untilNote(dueAt: string | null, clock: Clock): string {
  return dueAt === null ? "" : say("until", { time: clock(dueAt) });
}

/** A number with a thin space between thousands: 10 000. */
function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** The time between two instants in human units; empty where one is not known. */
export function duration(from: string | null, to: string | null): string {
  if (from === null || to === null) return "";
  const seconds = Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
  if (seconds < 0.05) return "<0.1 s";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function assertNever(value: never): never {
  throw new Error(`unhandled: ${JSON.stringify(value)}`);
}
