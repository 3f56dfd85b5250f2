/** A run as it is shown: pure questions about a view. The words are those of the server's page. */

import type { RunState, RunView, StepState, StepView } from "../client/protocol";

export type { RunState, RunView, StepState, StepView } from "../client/protocol";

const FINAL: readonly RunState[] = ["succeeded", "failed", "cancelled"];

export function isFinal(state: RunState): boolean {
  return FINAL.includes(state);
}

/** What is done, by weight; 100 only when succeeded, at most 99 before. As the server counts it. */
export function percentOf(state: RunState, steps: readonly StepView[]): number {
  if (state === "succeeded") return 100;
  let done = 0;
  let total = 0;
  for (const step of steps) {
    total += step.weight;
    done += step.weight * partOf(step);
  }
  return total > 0 ? Math.min(99, Math.trunc((100 * done) / total + 1e-9)) : 0;
}

function partOf(step: StepView): number {
  if (step.state === "succeeded" || step.state === "skipped") return 1;
  return Math.min(1, Math.max(0, step.progress ?? 0));
}

/** Where the piece is: the step at work, else the first that is not over; the last at the end. */
export function placeOf(steps: readonly StepView[]): number {
  const active: readonly StepState[] = ["running", "retrying", "ready", "failed", "cancelled"];
  const at = steps.findLastIndex((step) => active.includes(step.state));
  if (at >= 0) return at;
  const next = steps.findIndex((step) => step.state === "pending");
  return next >= 0 ? next : steps.length - 1;
}

/** A run, or the lack of one: expected, or known never to come. */
export type ShownState = RunState | "pending" | "ended";

export const RUN_WORDS: Readonly<Record<ShownState, string>> = {
  pending: "Expected",
  running: "Running",
  waiting: "Waiting",
  cancelling: "Stopping",
  succeeded: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  ended: "Nothing to do",
};

export const STEP_WORDS: Readonly<Record<StepState, string>> = {
  pending: "to come",
  ready: "next",
  running: "running",
  retrying: "trying again",
  succeeded: "done",
  skipped: "skipped",
  failed: "failed",
  cancelled: "cancelled",
  not_reached: "not reached",
};

/** The one sentence that says where the run stands. */
export function headline(view: RunView): string {
  switch (view.state) {
    case "succeeded":
      return "All done.";
    case "failed":
      return view.message ?? "Something went wrong.";
    case "cancelled":
      return "This was cancelled.";
    case "cancelling":
      return "Being stopped.";
    case "running":
    case "waiting": {
      const step = view.steps[placeOf(view.steps)];
      return step === undefined ? "Under way." : step.title;
    }
    default:
      return assertNever(view.state);
  }
}

/** What is said below the headline: which step of how many, or how long it took. */
export function place(view: RunView): string {
  if (view.state === "succeeded") {
    const took = duration(view.startedAt, view.finishedAt);
    return took === "" ? "" : `Took ${took}`;
  }
  if (view.steps.length === 0) return "";
  return `Step ${placeOf(view.steps) + 1} of ${view.steps.length}`;
}

/** Pieces of text as one: after a sentence a new one begins, after anything else the same goes on. */
export function spoken(...parts: readonly string[]): string {
  return parts
    .filter((part) => part !== "")
    .reduce((text, part) => (text.endsWith(".") ? `${text} ${part}` : `${text}, ${part}`), "")
    .replace(/^, /, "");
}

/** The small line below a step: what it says of itself, or when it is tried again. */
export function stepNote(step: StepView, clock: (instant: string) => string): string {
  switch (step.state) {
    case "retrying": {
      const again = step.dueAt === null ? "" : ` at ${clock(step.dueAt)}`;
      return `again${again} (${step.tries + 1} of ${step.triesMax})`;
    }
    case "running":
      return step.note;
    case "succeeded":
      return duration(step.startedAt, step.finishedAt);
    case "pending":
    case "ready":
    case "skipped":
    case "failed":
    case "cancelled":
    case "not_reached":
      return "";
    default:
      return assertNever(step.state);
  }
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
