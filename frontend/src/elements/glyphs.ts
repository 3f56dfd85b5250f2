/** The sign of each state: the path of a stroked 24 × 24 drawing. The server's page has the same. */

import type { ShownState, StepStateName } from "../model/run";

export const CHECK = "M5 12l5 5 9-9";
export const CROSS = "M7 7l10 10M17 7L7 17";
const SLASH = "M7 17L17 7";
const ARC = "M12 5a7 7 0 1 1-7 7";
const DASH = "M8 12h8";
const DOTS = "M7 12h.01M12 12h.01M17 12h.01";
const CLOCK = "M12 5a7 7 0 1 1-1 0M12 8v4l3 2";
const BACK = "M9 6l-4 4 4 4M5 10h9a4 4 0 0 1 0 9h-3";
const ROUND = "M5 15c2-9 12-9 14 0M16 13l3 3 2-4";
const PAUSE = "M9 7v10M15 7v10";

export const STEP_GLYPHS: Readonly<Record<StepStateName, string>> = {
  pending: "M12 12h.01",
  ready: DOTS,
  running: ARC,
  waiting: CLOCK,
  retrying: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  rescuing: ROUND,
  succeeded: CHECK,
  rescued: CHECK,
  skipped: "M7 7l6 5-6 5M17 7v10",
  failed: CROSS,
  cancelled: SLASH,
  not_reached: DASH,
  undoing: BACK,
  undone: BACK,
  undo_failed: CROSS,
};

export const RUN_GLYPHS: Readonly<Record<ShownState, string>> = {
  pending: DOTS,
  queued: DOTS,
  running: ARC,
  waiting: CLOCK,
  held: PAUSE,
  cancelling: SLASH,
  compensating: BACK,
  succeeded: CHECK,
  failed: CROSS,
  cancelled: SLASH,
  expired: CLOCK,
  ended: DASH,
};
