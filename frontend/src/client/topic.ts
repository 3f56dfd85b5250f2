/**
 * One topic: what is known of it, and what is missing.
 *
 * A frame is dropped when it is old, applied when it follows, and asked for again when there is a gap.
 * A heartbeat that names a higher head shows that the last frame was lost, which no gap would.
 */

import type { Kind } from "./kinds";
import {
  type Environment,
  FlowError,
  type FlowErrorCode,
  type Meta,
  Source,
  type Status,
} from "./live";
import { type Changes, type Frame, NOWHERE, type Position, parseFrame } from "./protocol";

/** Why nothing more will come. */
export type End =
  | { readonly kind: "no-run"; readonly outcome: string; readonly message: string }
  | { readonly kind: "denied"; readonly reason: string };

/** What follows topics over a link. */
export interface Follower {
  readonly environment: Environment;
  /** How a topic stands that is not live. */
  readonly status: Status;
  follow(topic: Followed): void;
  leave(topic: Followed): void;
  /** Ask for what came after that position; null: for all. */
  ask(topic: Followed, position: Position | null): void;
}

/** A topic, whatever it is about. */
export interface Followed {
  readonly name: string;
  readonly grant: string | null;
  readonly end: End | null;
  readonly isLive: boolean;
  /** When what is shown was last known to be true, ms; null before that. */
  readonly asOf: number | null;
  /** Throws `FlowError` where what came cannot be read. */
  receive(frame: Frame, now: number): void;
  /** A connection is there: ask for what came since. */
  resume(): void;
  /** The connection is gone, or silent: what is shown is as of the last confirmation. */
  stale(): void;
  finish(end: End): void;
}

export interface Seed {
  /** Leave to watch it, signed by the server. */
  readonly grant?: string | null | undefined;
  /** The frame that the server has written into the page. */
  readonly frame?: string | null | undefined;
}

/** What is asked: nothing, what follows, everything. A stronger question takes the place of a weaker. */
const NOTHING = 0;
const WHAT_FOLLOWS = 1;
const EVERYTHING = 2;

const DENIALS: Readonly<Record<string, FlowErrorCode>> = {
  "signed-out": "auth",
  too_many: "rate",
  unknown_topic: "gone",
};

export class Topic<T> extends Source<T> implements Followed {
  declare readonly name: string;
  grant: string | null = null;
  position: Position | null = null;
  value: T | undefined;
  end: End | null = null;
  isLive = false;
  asOf: number | null = null;
  readonly #kind: Kind<T>;
  readonly #follower: Follower;
  #asked = NOTHING;
  #isWatched = false;

  constructor(name: string, kind: Kind<T>, follower: Follower) {
    super(follower.environment);
    this.name = name;
    this.#kind = kind;
    this.#follower = follower;
  }

  /** Begin with what the server has written, unless more is known already. */
  sow({ grant, frame }: Seed = {}): this {
    if (grant) this.grant = grant;
    if (frame && !this.isLive) {
      try {
        const written = parseFrame(frame);
        if (written.t === "snap") this.#snapshot(written);
        if (written.t === "end") this.end = { ...written, kind: "no-run" };
      } catch {
        // Written by another version: all is asked for.
      }
    }
    return this;
  }

  get meta(): Meta {
    return {
      status: this.#status,
      asOf: new Date(this.asOf ?? 0),
      position: this.position ?? NOWHERE,
      stale: !this.isLive && this.end?.kind !== "no-run",
    };
  }

  get #status(): Status {
    if (this.end?.kind === "denied") return "denied";
    if (this.isLive || this.end) return "live";
    return this.#isWatched ? this.#follower.status : "idle";
  }

  get failure(): FlowError | null {
    const { end } = this;
    if (end?.kind === "denied")
      return new FlowError(DENIALS[end.reason] ?? "forbidden", end.reason);
    return end && new FlowError("gone", end.message);
  }

  protected override watched(isWatched: boolean): void {
    this.#isWatched = isWatched;
    if (isWatched) {
      if (!this.end) this.#follower.follow(this);
    } else {
      this.#follower.leave(this);
      this.isLive = false;
    }
  }

  resume(): void {
    this.#askAgain(this.position);
  }

  receive(frame: Frame, now: number): void {
    switch (frame.t) {
      case "snap":
        if (this.#snapshot(frame)) this.#confirm(now);
        return;
      case "pub":
        this.#changes(frame, now);
        return;
      case "hb":
        this.#head(frame.h?.[this.name], now);
        return;
      case "grant":
        this.grant = frame.g;
        return;
      case "pending":
        this.#asked = NOTHING;
        // Shown before, and nothing may be said now: what is shown is not known to be true.
        if (this.position) this.stale();
        else this.#confirm(now);
        return;
      case "end":
        this.finish({ ...frame, kind: "no-run" });
        return;
      case "err":
        this.finish({ kind: "denied", reason: frame.code });
        return;
    }
  }

  stale(): void {
    this.isLive = false;
    this.#asked = NOTHING;
    this.changed();
  }

  finish(end: End): void {
    this.end = end;
    this.stale();
  }

  /** The server is that far, as the answer to an act says: what has not come yet is asked for. */
  reached(epoch: string, offset: number): void {
    this.#head([epoch, offset], this.asOf ?? 0);
  }

  /** False: it is old, and nobody asked for it. */
  #snapshot({ e, o, s }: Frame & { t: "snap" }): boolean {
    const here = this.position;
    // Asked for, or of another epoch: the server's word. Else an old one must not undo newer frames.
    if (!this.#asked && here?.epoch === e && o < here.offset) return false;
    this.value = this.#kind.read(s);
    this.position = { epoch: e, offset: o };
    this.#asked = NOTHING;
    return true;
  }

  #changes({ e, f, o, d }: Changes, now: number): void {
    const here = this.position;
    let next: T | null | undefined = this.value;
    if (here?.epoch !== e || next === undefined) {
      this.#ask(null);
      return;
    }
    if (f > here.offset + 1) {
      this.#ask(here);
      return;
    }
    if (o > here.offset) {
      for (const { t, ...part } of d) {
        next = this.#kind.after(next, t, part);
        if (next === null) {
          this.#ask(null);
          return;
        }
      }
      this.value = next;
      this.position = { epoch: e, offset: o };
    }
    this.#asked = NOTHING;
    this.#confirm(now);
  }

  #head(head: readonly [string, number] | null | undefined, now: number): void {
    const here = this.position;
    if (head) {
      const isOurs = here?.epoch === head[0];
      if (isOurs && head[1] <= here.offset) this.#confirm(now);
      // Asked before or not: that question, or its answer, may be what was lost.
      else this.#askAgain(isOurs ? here : null);
    } else if (head === null && !here) {
      // Pending, and known to be: that is the truth as of now. With a view it confirms nothing.
      this.#confirm(now);
    }
  }

  #askAgain(position: Position | null): void {
    this.#asked = NOTHING;
    this.#ask(position);
  }

  #ask(position: Position | null): void {
    const question = position ? WHAT_FOLLOWS : EVERYTHING;
    if (this.#asked >= question) return;
    this.#asked = question;
    this.#follower.ask(this, position);
  }

  #confirm(now: number): void {
    this.isLive = true;
    this.asOf = now;
    this.changed();
  }
}
