/**
 * When the rows of a list stand still: while a pointer is in it, while the focus is in it, while a row
 * is chosen, or because the reader has said so. `Shift+R` lets them go on all the same, once.
 */

export interface Reasons {
  readonly pointer: boolean;
  readonly focus: boolean;
  readonly chosen: number;
  /** The reader has pressed pause. */
  readonly asked: boolean;
}

export const NO_REASON: Reasons = { pointer: false, focus: false, chosen: 0, asked: false };

export function isPaused({ pointer, focus, chosen, asked }: Reasons): boolean {
  return pointer || focus || chosen > 0 || asked;
}

/** Why, in words; empty where they move. */
export function pausedBecause(reasons: Reasons): string {
  if (reasons.asked) return "paused";
  if (reasons.chosen > 0) return `paused: ${reasons.chosen} selected`;
  if (reasons.pointer) return "paused: you hover";
  return reasons.focus ? "paused: you are in the list" : "";
}
