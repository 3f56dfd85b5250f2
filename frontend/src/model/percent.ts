/**
 * How much of a run is done: the mirror of `flowengine/representations/percent.py`, for what a page
 * knows besides its frames, which is how far the runs are that a step has started.
 */

import type { Counts, ItemView, RunStateName, StepState, StepStateName } from "../client/views";
import { AT_WORK } from "./run";

const DONE: readonly StepStateName[] = [
  "succeeded",
  "rescued",
  "skipped",
  "undoing",
  "undone",
  "undo_failed",
];
/** 100 only when succeeded, at most 99 before. */
export function percentOf(state: RunStateName, steps: readonly StepState[]): number {
  return state === "succeeded" ? 100 : Math.min(99, Math.trunc(100 * meanOf(steps) + 1e-9));
}

function meanOf(steps: readonly StepState[]): number {
  let done = 0;
  let total = 0;
  for (const step of steps) {
    total += step.weight;
    done += step.weight * partOf(step);
  }
  return total > 0 ? done / total : 0;
}

/** How much of one step is done, 0 to 1. */
export function partOf(step: StepState): number {
  if (DONE.includes(step.state)) return 1;
  if (step.counts !== null) return partOfLoop(step.counts, step.items);
  const isRescuing = step.state === "rescuing";
  const inside = step.lines
    .filter((line) => (line.role === "rescue") === isRescuing)
    .flatMap((line) => line.steps);
  return inside.length > 0 ? meanOf(inside) : bounded(step.progress);
}

function partOfLoop(counts: Counts, items: readonly ItemView[]): number {
  if (counts.total === 0) return 0;
  let said = 0;
  for (const item of items) if (AT_WORK.includes(item.state)) said += bounded(item.progress);
  return Math.min(1, (counts.done + said) / counts.total);
}

export function bounded(fraction: number | null): number {
  return Math.min(1, Math.max(0, fraction ?? 0));
}
