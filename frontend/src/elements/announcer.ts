/**
 * What a screen reader is told: one polite region, at most one sentence every five seconds, the newest
 * one; the end of a run always, and at once.
 */

import type { Environment } from "../client/live";

const INTERVAL_MS = 5_000;

export class Announcer {
  readonly #write: (text: string) => void;
  readonly #environment: Pick<Environment, "now" | "after">;
  #saidAt = Number.NEGATIVE_INFINITY;
  #last = "";
  /** Not to be said any more. */
  stop = () => {};

  constructor(write: (text: string) => void, environment: Pick<Environment, "now" | "after">) {
    this.#write = write;
    this.#environment = environment;
  }

  say(text: string): void {
    if (text === this.#last) return;
    this.stop();
    const wait = this.#saidAt + INTERVAL_MS - this.#environment.now();
    if (wait <= 0) this.sayNow(text);
    else this.stop = this.#environment.after(wait, () => this.sayNow(text));
  }

  sayNow(text: string): void {
    this.stop();
    if (text === this.#last) return;
    this.#saidAt = this.#environment.now();
    this.#last = text;
    this.#write(text);
  }
}
