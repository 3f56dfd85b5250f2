/**
 * How long it takes from a commit on the server to a frame in this browser, measured by the page itself:
 * the server's stamps, put right by how far the two clocks are apart.
 */

import type { Environment } from "./live";

const KEPT = 256;

export class Latency {
  readonly #environment: Environment;
  /** The time that the quickest answer to a ping took: the one that tells best how clocks differ. */
  #bestMs = Number.POSITIVE_INFINITY;
  /** The server's clock less ours. */
  #skewMs = 0;
  #askedAt: number | null = null;
  #measured: readonly number[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** A ping goes out. */
  asked(): void {
    this.#askedAt = this.#environment.now();
  }

  /** A heartbeat came, with the server's time. */
  heard(at: number): void {
    const askedAt = this.#askedAt;
    if (askedAt === null) return;
    this.#askedAt = null;
    const tookMs = this.#environment.now() - askedAt;
    if (tookMs > this.#bestMs) return;
    this.#bestMs = tookMs;
    this.#skewMs = at - askedAt - tookMs / 2;
  }

  /**
   * Something came that was committed at that time; it is painted with the next frame. True: how far the
   * clocks are apart has never been asked, and is to be.
   */
  came(at: number): boolean {
    if (this.#bestMs === Number.POSITIVE_INFINITY) return this.#askedAt === null;
    this.#environment.frame(() => {
      const tookMs = Math.max(0, this.#environment.now() + this.#skewMs - at);
      this.#measured = [...this.#measured.slice(1 - KEPT), tookMs];
    });
    return false;
  }

  /** In ms, of the newest `n`; 0 where nothing has been measured. */
  figures(): { p50: number; p99: number; n: number } {
    const sorted = this.#measured.toSorted((a, b) => a - b);
    const n = sorted.length;
    return { p50: sorted[n >> 1] ?? 0, p99: sorted[Math.trunc(0.99 * n)] ?? 0, n };
  }
}
