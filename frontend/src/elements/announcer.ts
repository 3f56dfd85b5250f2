/**
 * What a screen reader is told: one polite region, at most one sentence every five seconds, the newest
 * one; the end of a run always, and at once.
 */

const INTERVAL_MS = 5_000;

export interface Timers {
  now(): number;
  after(delayMs: number, action: () => void): () => void;
}

export class Announcer {
  readonly #write: (text: string) => void;
  readonly #timers: Timers;
  #saidAt = Number.NEGATIVE_INFINITY;
  #last = "";
  #cancel: () => void = () => {};

  constructor(write: (text: string) => void, timers: Timers) {
    this.#write = write;
    this.#timers = timers;
  }

  say(text: string): void {
    if (text === this.#last) return;
    this.#cancel();
    const wait = this.#saidAt + INTERVAL_MS - this.#timers.now();
    if (wait <= 0) this.sayNow(text);
    else this.#cancel = this.#timers.after(wait, () => this.sayNow(text));
  }

  sayNow(text: string): void {
    this.#cancel();
    this.#cancel = () => {};
    if (text === this.#last) return;
    this.#saidAt = this.#timers.now();
    this.#last = text;
    this.#write(text);
  }

  stop(): void {
    this.#cancel();
  }
}
