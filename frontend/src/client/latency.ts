/**
 * How long it takes from a commit on the server to a frame in this browser, measured by the page itself:
 * the server's stamps, put right by how far the two clocks are apart.
 */

import type { Environment } from "./live";

const KEPT = 256;
/** Half of what an answer took is what is not known of the clocks: so much will do. */
const QUICK_MS = 50;
const ASK_AGAIN_MS = 1_000;

export class Latency {
  readonly #environment: Environment;
  /** How long the quickest ping and its answer were under way: the ones that tell best how clocks differ. */
  #bestMs = Number.POSITIVE_INFINITY;
  /** The server's clock less ours. */
  #skewMs = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAnswered = true;
  /** By both clocks: what is found out of them later puts these right as well. */
  #measured: readonly number[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** A ping goes out. */
  asked(): void {
    if (!this.#isAnswered && this.#environment.now() - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = this.#environment.now();
    this.#isAnswered = false;
  }

  /** A heartbeat came, with the server's time; if it is an answer, the ping was `held` there until then. */
  heard(at: number, heldMs: number | undefined): void {
    if (this.#isAnswered || heldMs === undefined) return;
    this.#isAnswered = true;
    const now = this.#environment.now();
    const underWayMs = now - this.#askedAt - heldMs;
    if (underWayMs < 0 || underWayMs > this.#bestMs) return;
    this.#bestMs = underWayMs;
    this.#skewMs = at + underWayMs / 2 - now;
  }

  /**
   * Something came that was committed at that time; it is painted with the next frame. True: how far the
   * clocks are apart is not known well, and is to be asked.
   */
  came(at: number): boolean {
    const { now, frame } = this.#environment;
    frame(() => {
      this.#measured = [...this.#measured.slice(1 - KEPT), now() - at];
    });
    return this.#bestMs > QUICK_MS && now() - this.#askedAt >= ASK_AGAIN_MS;
  }

  /** In ms, of the newest `n`; 0 where nothing has been measured. */
  figures(): { p50: number; p99: number; n: number } {
    const measured = Number.isFinite(this.#bestMs) ? this.#measured : [];
    const sorted = measured.map((ms) => Math.max(0, ms + this.#skewMs)).sort((a, b) => a - b);
    const n = sorted.length;
    return { p50: sorted[n >> 1] ?? 0, p99: sorted[Math.trunc(0.99 * n)] ?? 0, n };
  }
}
