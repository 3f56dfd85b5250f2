/** The sign of each state: the path of a stroked 24 × 24 drawing. The server's page has the same. */

import type { ShownState, StepState } from "../model/run";

const CHECK = "M5.5 12.5l4.3 4.3L18.5 8";
const CROSS = "M7 7l10 10M17 7L7 17";
const SLASH = "M6.5 17.5l11-11";
const ARC = "M12 5a7 7 0 1 1-7 7";
const DASH = "M8 12h8";

export const STEP_GLYPHS: Readonly<Record<StepState, string>> = {
  pending: "M12 12h.01",
  ready: "M7 12h.01M12 12h.01M17 12h.01",
  running: ARC,
  retrying: "M18.5 12a6.5 6.5 0 1 1-1.9-4.6M18.5 4v4h-4",
  succeeded: CHECK,
  skipped: "M7 6.5l6 5.5-6 5.5M17 6.5v11",
  failed: CROSS,
  cancelled: SLASH,
  not_reached: DASH,
};

export const RUN_GLYPHS: Readonly<Record<ShownState, string>> = {
  pending: "M7 12h.01M12 12h.01M17 12h.01",
  running: ARC,
  waiting: "M12 4.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15M12 8v4.2l2.8 1.8",
  cancelling: SLASH,
  succeeded: CHECK,
  failed: CROSS,
  cancelled: SLASH,
  ended: DASH,
};
