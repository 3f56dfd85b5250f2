/** A value that is followed: what it is now, how fresh that is, and how to wait for what it becomes. */

import type { Position } from "./protocol";

export type Status = "idle" | "connecting" | "catching-up" | "live" | "offline" | "denied";

export type FlowErrorCode = "auth" | "forbidden" | "gone" | "rate" | "protocol" | "network";

/** Why nothing more will come, or why an act was not done. */
export class FlowError extends Error {
  override readonly name = "FlowError";
  declare readonly code: FlowErrorCode;
  /** The same may succeed later. */
  declare readonly retryable: boolean;

  constructor(code: FlowErrorCode, message: string = code) {
    super(message);
    this.code = code;
    this.retryable = code === "rate" || code === "network";
  }
}

export interface Meta {
  readonly status: Status;
  /** When the value was last known to be true; 1970 before that. */
  readonly asOf: Date;
  readonly position: Position;
  /** It may have changed since `asOf`, and nobody would know. */
  readonly stale: boolean;
}

export interface Live<T> {
  readonly value: T | undefined;
  readonly meta: Meta;
  /** Calls `fn` with each value, and when its freshness changes: at most once per animation frame. */
  subscribe(fn: (value: T, meta: Meta) => void): () => void;
  /** The first value of which `pred` holds. Rejects with `FlowError` where none can come any more. */
  until(pred: (value: T) => boolean, options?: { signal?: AbortSignal }): Promise<T>;
  /** Each value; where they come faster than they are taken, the newest. */
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

/** Time and chance, as arguments. */
export interface Environment {
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  /** Calls `action` once after `delayMs`; gives what cancels it. */
  after(delayMs: number, action: () => void): () => void;
  /** Calls `action` once what runs now has ended. */
  soon(action: () => void): void;
  /** Calls `action` when the page is painted next. */
  frame(action: () => void): void;
  /** Nobody sees the page. */
  isHidden(): boolean;
}

/** What every live value has in common: who listens, and when they are told. */
export abstract class Source<T> implements Live<T> {
  declare readonly environment: Environment;
  readonly #listeners = new Set<() => void>();

  constructor(environment: Environment) {
    this.environment = environment;
  }

  abstract readonly value: T | undefined;
  abstract readonly meta: Meta;
  /** Why no other value will come; null while one may. */
  abstract readonly failure: FlowError | null;

  /** Somebody listens, or nobody any more. */
  protected watched(_isWatched: boolean): void {}

  /** Calls `fn` at each change, at once. */
  listen(fn: () => void): () => void {
    // One function may listen twice.
    const listener = () => fn();
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.watched(true);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.watched(false);
    };
  }

  protected changed(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        // What a page does with a value is no reason to stop telling others.
        this.environment.soon(() => {
          throw error;
        });
      }
    }
  }

  subscribe(fn: (value: T, meta: Meta) => void): () => void {
    let isDue = false;
    let isOver = false;
    const tell = () => {
      if (isDue) return;
      isDue = true;
      this.environment.frame(() => {
        isDue = false;
        if (!isOver && this.value !== undefined) fn(this.value, this.meta);
      });
    };
    const stop = this.listen(tell);
    tell();
    return () => {
      isOver = true;
      stop();
    };
  }

  until(pred: (value: T) => boolean, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const { value, failure } = this;
        if (signal?.aborted) reject(signal.reason);
        else if (value !== undefined && pred(value)) resolve(value);
        else if (failure !== null) reject(failure);
        else return;
        stop();
        signal?.removeEventListener("abort", look);
      };
      const stop = this.listen(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    // Watched all along, not only while the next value is awaited.
    const stop = this.listen(() => {});
    try {
      for (let last: T | undefined; ; yield last) {
        const before = last;
        last = await this.until((value) => value !== before);
      }
    } finally {
      stop();
    }
  }
}

/** `whole` with what `choose` makes of its value, which is the same as long as nothing changes. */
export function partOf<S extends Source<unknown>>(
  whole: S,
  choose: (value: S["value"] & {}) => S["value"],
): S {
  let from: S["value"];
  let chosen: S["value"];
  return Object.create(whole, {
    value: {
      get() {
        if (from !== whole.value) {
          from = whole.value;
          chosen = from && choose(from);
        }
        return chosen;
      },
    },
    // Who has private members is asked himself.
    meta: { get: () => whole.meta },
    listen: { value: (fn: () => void) => whole.listen(fn) },
  });
}
