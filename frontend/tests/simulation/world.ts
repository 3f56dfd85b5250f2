/** Virtual time and seeded chance: the same seed gives the same history. */

import type { Environment } from "../../src/client/live";

interface Event {
  readonly at: number;
  readonly order: number;
  action: (() => void) | null;
}

export class World {
  now = 0;
  /** What is to happen, as a heap: the first is the next. */
  readonly #events: Event[] = [];
  #order = 0;
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 ≤ x < 1 (mulberry32). */
  readonly random = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };

  chance(share: number): boolean {
    return this.random() < share;
  }

  between(from: number, to: number): number {
    return from + this.random() * (to - from);
  }

  readonly after = (delayMs: number, action: () => void): (() => void) => {
    const event: Event = { at: this.now + delayMs, order: this.#order, action };
    this.#order += 1;
    this.#push(event);
    return () => {
      event.action = null;
    };
  };

  /** Let everything happen that is to happen until then. */
  runUntil(end: number): void {
    for (let next = this.#events[0]; next !== undefined && next.at <= end; next = this.#events[0]) {
      this.#pop();
      if (next.action === null) continue;
      this.now = next.at;
      next.action();
    }
    this.now = end;
  }

  /** The time and chance of one page in this world. */
  environment(isHidden: () => boolean = () => false): Environment {
    return {
      now: () => this.now,
      random: this.random,
      after: this.after,
      soon: (action) => this.after(0, action),
      frame: (action) => this.after(16, action),
      isHidden,
    };
  }

  #push(event: Event): void {
    const heap = this.#events;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isFirst(parent, event)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#events;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      if (left === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isFirst(right, left)) below += 1;
      const child = heap[below] ?? left;
      if (isFirst(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isFirst(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
