/** Time, chance and the page, as a browser has them. */

import type { Environment } from "./live";

/** A hidden page paints nothing: who listens is told all the same. */
const HIDDEN_FRAME_MS = 100;

export const environment: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (action) => queueMicrotask(action),
  frame(action) {
    if (document.hidden) setTimeout(action, HIDDEN_FRAME_MS);
    else requestAnimationFrame(action);
  },
  isHidden: () => document.hidden,
};
