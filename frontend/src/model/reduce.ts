/**
 * (RunView, Change) -> RunView: the mirror of `engine/evolve.py`, for what a watcher sees.
 *
 * Last write wins per step, so a change that comes twice, or after a snapshot that knew it already,
 * does no harm.
 */

import type { Change, Progress, RunState, RunView, StepView } from "../client/protocol";
import { isFinal, percentOf } from "./run";

/** The view after `changes`; null where one speaks of what the view has not: ask for all of it. */
export function reduceAll(view: RunView, changes: readonly (Change | Progress)[]): RunView | null {
  let after: RunView | null = view;
  for (const change of changes) {
    after = reduce(after, change);
    if (after === null) return null;
  }
  return { ...after, percent: percentOf(after.state, after.steps) };
}

function reduce(view: RunView, change: Change | Progress): RunView | null {
  switch (change.kind) {
    case "run.started":
      return {
        ...view,
        state: "running",
        title: change.title || view.title,
        startedAt: change.at,
      };
    case "run.waiting":
      return { ...view, state: "waiting" };
    case "run.continued":
      return { ...view, state: "running" };
    case "run.cancelling":
      return { ...view, state: "cancelling" };
    case "run.succeeded":
      return finished(view, "succeeded", change.at);
    case "run.failed":
      return finished(view, "failed", change.at);
    case "run.cancelled":
      return finished(view, "cancelled", change.at);
    case "step.ready":
      return withStep(view, change.step, { state: "ready", dueAt: null });
    case "step.started":
      return withStep(view, change.step, (step) => ({
        state: "running",
        attempt: change.attempt ?? step.attempt,
        dueAt: null,
        startedAt: change.at,
        finishedAt: null,
      }));
    case "step.succeeded":
      return withStep(view, change.step, { state: "succeeded", finishedAt: change.at });
    case "step.retrying":
      return withStep(view, change.step, {
        state: "retrying",
        attempt: change.attempt,
        tries: change.tries,
        dueAt: change.dueAt,
      });
    case "step.returned":
      return withStep(view, change.step, { state: "ready" });
    case "step.skipped":
      return withStep(view, change.step, { state: "skipped", finishedAt: change.at });
    case "step.failed":
      return withStep(view, change.step, (step) => ({
        state: "failed",
        tries: change.tries ?? step.tries,
        finishedAt: change.at,
      }));
    case "step.cancelled":
      return withStep(view, change.step, { state: "cancelled", finishedAt: change.at });
    case "progress":
      return withStep(view, change.step, { progress: change.fraction, note: change.note });
    case "unknown":
      return null;
    default:
      return assertNever(change);
  }
}

function finished(view: RunView, state: RunState, at: string): RunView {
  const steps = view.steps.map((step) =>
    step.state === "pending" ? { ...step, state: "not_reached" as const } : step,
  );
  return { ...view, state, steps, finishedAt: at };
}

type Patch = Partial<StepView> | ((step: StepView) => Partial<StepView>);

function withStep(view: RunView, id: string, patch: Patch): RunView | null {
  // A late word about a step of a run that is over changes nothing that is shown.
  if (isFinal(view.state)) return view;
  const at = view.steps.findIndex((step) => step.id === id);
  const step = view.steps[at];
  if (step === undefined) return null;
  const steps = [...view.steps];
  steps[at] = { ...step, ...(typeof patch === "function" ? patch(step) : patch) };
  return { ...view, steps };
}

function assertNever(value: never): never {
  throw new Error(`unhandled: ${JSON.stringify(value)}`);
}
