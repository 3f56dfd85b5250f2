/** Time that a test moves, and chance that it chooses. */

import type { Environment } from "../../src/client/live";

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

export class FakeEnvironment implements Environment {
  /** What `random` gives next, again and again. */
  chance = 0;
  isHolding = false;
  hidden = false;
  readonly #held: (() => void)[] = [];
  readonly #frames: (() => void)[] = [];
  #now = 0;
  readonly #timers = new Set<Timer>();

  now = (): number => this.#now;
  random = (): number => this.chance;
  isHidden = (): boolean => this.hidden;
  after = (delayMs: number, action: () => void): (() => void) => {
    const timer = { at: this.#now + delayMs, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Held back until `settle`, or done at once. */
  soon = (action: () => void): void => {
    if (this.isHolding) this.#held.push(action);
    else action();
  };

  frame = (action: () => void): void => {
    this.#frames.push(action);
  };

  /** What runs now has ended. */
  settle(): void {
    for (const action of this.#held.splice(0)) action();
  }

  /** The page is painted. */
  paint(): void {
    for (const action of this.#frames.splice(0)) action();
  }

  /** Let that time pass; timers go off in order. */
  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > until) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.action();
    }
    this.#now = until;
  }
}
