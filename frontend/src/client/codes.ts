/** Why a socket ended, and what follows: come back soon, come back later, or stay away. */

export type Verdict =
  | { readonly kind: "soon" }
  | { readonly kind: "later"; readonly delayMs: number }
  | { readonly kind: "stay-away"; readonly reason: "signed-out" | "forbidden" };

const LATER_MS = 5_000;
const LATER_MAX_MS = 60_000;

/**
 * The verdict on a close code. `reason` may carry a delay in milliseconds, by which a server spreads
 * those who come back.
 */
export function verdictOf(code: number, reason: string): Verdict {
  switch (code) {
    case 4401:
      return { kind: "stay-away", reason: "signed-out" };
    case 4403:
      return { kind: "stay-away", reason: "forbidden" };
    case 4429:
      return { kind: "later", delayMs: delayOf(reason) };
    case 1012:
      return reason === "" ? { kind: "soon" } : { kind: "later", delayMs: delayOf(reason) };
    default:
      // 1000-1011, 4008 (read too slowly), 4400 (a frame of ours was unreadable), 1006 (cut): all heal
      // with a new socket and a new subscription.
      return { kind: "soon" };
  }
}

function delayOf(reason: string): number {
  const delay = Number.parseInt(reason, 10);
  return Number.isFinite(delay) ? Math.min(Math.max(delay, 0), LATER_MAX_MS) : LATER_MS;
}
