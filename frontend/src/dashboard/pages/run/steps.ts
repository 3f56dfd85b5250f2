/** The steps of a run as values: found at any depth, and the one that matters most. */

import type { RunState, StepState } from "../../../client/views";

/** A step with how deep it is inside of others, and what it is there for. */
export interface Deep {
  readonly step: StepState;
  readonly depth: number;
  /** `branch`, `clause`, `rescue`; empty where that says nothing. */
  readonly role: string;
}

/** Every step of the line and then of the hooks, each before what is inside it. */
export function everyStep(run: RunState): Deep[] {
  return [...run.steps, ...run.hooks].flatMap((step) => within(step, 0, ""));
}

function within(step: StepState, depth: number, role: string): Deep[] {
  const inside = step.lines.flatMap((line) =>
    line.steps.flatMap((each) => within(each, depth + 1, line.role === "body" ? "" : line.role)),
  );
  return [{ step, depth, role }, ...inside];
}

const BLOCKS: ReadonlySet<string> = new Set(["parallel", "switch", "steps"]);
const ORDER: readonly (readonly string[])[] = [
  ["failed", "undo_failed"],
  ["retrying", "rescuing", "undoing"],
  ["running", "waiting"],
  ["ready"],
];

/** The step that a reader wants to see first: what failed, else what is at work, else the last done. */
export function foremost(run: RunState): StepState | null {
  const all = everyStep(run).map(({ step }) => step);
  const own = all.filter(({ kind }) => !BLOCKS.has(kind));
  for (const states of ORDER) {
    const found = own.find(({ state }) => states.includes(state));
    if (found) return found;
  }
  return own.findLast(({ finishedAt }) => finishedAt !== null) ?? own[0] ?? all[0] ?? null;
}
