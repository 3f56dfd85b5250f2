/** How long to wait before the next attempt to connect. */

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  /** For a page that nobody sees. */
  readonly hiddenMaxMs: number;
}

/** A cap of 5 s: longer is too slow for somebody who looks at the page. */
export const BACKOFF: Backoff = { minMs: 500, maxMs: 5_000, hiddenMaxMs: 20_000 };

/**
 * The wait before attempt `n` (from 0): full jitter over a range that doubles, so that thousands of
 * pages do not come back to a restarted server in step. `random` gives 0 ≤ x < 1.
 */
export function delayBefore(
  n: number,
  random: () => number,
  { minMs, maxMs, hiddenMaxMs }: Backoff,
  isHidden = false,
): number {
  const ceiling = Math.min(isHidden ? hiddenMaxMs : maxMs, minMs * 2 ** Math.min(n + 1, 20));
  return Math.round(minMs + random() * (ceiling - minMs));
}
