/** Why a socket ended, and what follows: come back soon, come back later, or stay away. */

export const SIGNED_OUT = 4401;
export const FORBIDDEN = 4403;
export const TOO_MANY = 4429;
const RESTART = 1012;
/** Cut, and nobody said why. */
export const CUT = 1006;
/** Of our own, never on the wire: another tab has the socket now, come at once. */
export const MOVED = 4900;

const LATER_MS = 5_000;
const LATER_MAX_MS = 60_000;

/**
 * At least how long to stay away, in ms, or why to stay away for good. `reason` may carry a delay, by
 * which a server spreads those who come back. All that is not named here heals with a new socket and a
 * new subscription.
 */
export function verdictOf(code: number, reason: string): number | "signed-out" | "forbidden" {
  if (code === SIGNED_OUT) return "signed-out";
  if (code === FORBIDDEN) return "forbidden";
  if (code !== TOO_MANY && (code !== RESTART || reason === "")) return 0;
  const delay = Number.parseInt(reason, 10);
  return Number.isNaN(delay) ? LATER_MS : Math.min(Math.max(delay, 0), LATER_MAX_MS);
}
