/** The sign of each state: the path of a stroked 24 × 24 drawing. The server's page has the same. */

import type { ShownState, StepStateName } from "../model/run";

const CHECK = "M5.5 12.5l4.3 4.3L18.5 8";
const CROSS = "M7 7l10 10M17 7L7 17";
const SLASH = "M6.5 17.5l11-11";
const ARC = "M12 5a7 7 0 1 1-7 7";
const DASH = "M8 12h8";
const DOTS = "M7 12h.01M12 12h.01M17 12h.01";
const CLOCK = "M12 4.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15M12 8v4.2l2.8 1.8";
const BACK = "M9.5 6L5.5 10l4 4M6 10h7.5a4.5 4.5 0 0 1 0 9H11";
const ROUND = "M4.5 15.5c2-9 13-9 15 0M16 13l3.5 2.8L21 12";
const PAUSE = "M9 7v10M15 7v10";

export const STEP_GLYPHS: Readonly<Record<StepStateName, string>> = {
  pending: "M12 12h.01",
  ready: DOTS,
  running: ARC,
  waiting: CLOCK,
  retrying: "M18.5 12a6.5 6.5 0 1 1-1.9-4.6M18.5 4v4h-4",
  rescuing: ROUND,
  succeeded: CHECK,
  rescued: CHECK,
  skipped: "M7 6.5l6 5.5-6 5.5M17 6.5v11",
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
