/**
 * One topic: what has been seen of it, and what is missing.
 *
 * A frame is dropped when it is old, applied when it follows, and asked for again when there is a gap.
 * A heartbeat that names a higher head shows that the last frame was lost, which no gap would.
 */

import type { Entry, Frame, Position } from "./protocol";
import type { RunView } from "./views";

/** Why nothing more will come. */
export type End =
  | { readonly kind: "no-run"; readonly outcome: string; readonly message: string }
  | { readonly kind: "denied"; readonly reason: string };

export interface Listener {
  /** The whole view; takes the place of everything before. `isNewEpoch`: the run was made anew. */
  snapshot(view: RunView, isNewEpoch: boolean): void;
  /** What came next. False: it cannot be applied to what is there; a snapshot is asked for. */
  changes(entries: readonly Entry[]): boolean;
  pending(): void;
  ended(end: End): void;
  /** `asOf`: when what is shown was last known to be true, or null before that. */
  freshness(isLive: boolean, asOf: number | null): void;
}

export class Subscription {
  readonly topic: string;
  #position: Position | null;
  #asked: "nothing" | "what-follows" | "everything" = "nothing";
  #isOver = false;
  #isLive = false;
  #asOf: number | null = null;
  readonly #listener: Listener;
  readonly #ask: (position: Position | null) => void;

  /** `ask` sends a subscribe frame with a position. */
  constructor(
    topic: string,
    position: Position | null,
    listener: Listener,
    ask: (position: Position | null) => void,
  ) {
    this.topic = topic;
    this.#position = position;
    this.#listener = listener;
    this.#ask = ask;
  }

  get position(): Position | null {
    return this.#position;
  }

  /** Nothing more will come: it need not be asked for again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A connection is there: ask for what came since. */
  resume(): void {
    this.#asked = "nothing";
    this.#askFrom(this.#position);
  }

  receive(frame: Frame, now: number): void {
    if (this.#isOver) return;
    switch (frame.kind) {
      case "snapshot":
        this.#onSnapshot(frame.position, frame.view, now);
        return;
      case "changes":
        this.#onChanges(frame, now);
        return;
      case "heartbeat":
        this.#onHeartbeat(frame.heads, now);
        return;
      case "pending":
        this.#asked = "nothing";
        if (this.#position === null) {
          this.#listener.pending();
          this.#confirm(now);
        } else {
          // Shown before, and nothing may be said now: what is shown is not known to be true.
          this.stale();
        }
        return;
      case "ended":
        this.end({ kind: "no-run", outcome: frame.outcome, message: frame.message });
        return;
      case "refused":
        this.end({ kind: "denied", reason: frame.code });
        return;
      case "hello":
        return;
      default:
        assertNever(frame);
    }
  }

  /** The connection is gone, or silent: what is shown is as of the last confirmation. */
  stale(): void {
    if (this.#isOver) return;
    this.#isLive = false;
    this.#asked = "nothing";
    this.#listener.freshness(false, this.#asOf);
  }

  /** Stale if nothing has confirmed it since then. */
  staleUnlessConfirmedSince(at: number): void {
    if (this.#isLive && (this.#asOf === null || this.#asOf < at)) this.stale();
  }

  end(end: End): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.ended(end);
  }

  #onSnapshot(position: Position, view: RunView, now: number): void {
    const here = this.#position;
    const isNewEpoch = here !== null && here.epoch !== position.epoch;
    // Asked for, or of another epoch: the server's word. Else an old one must not undo newer frames.
    const isOld = here !== null && !isNewEpoch && position.number < here.number;
    if (isOld && this.#asked === "nothing") return;
    this.#asked = "nothing";
    this.#position = position;
    this.#listener.snapshot(view, isNewEpoch);
    this.#confirm(now);
  }

  #onChanges(
    frame: { epoch: string; first: number; last: number; entries: readonly Entry[] },
    now: number,
  ): void {
    const here = this.#position;
    if (here === null || here.epoch !== frame.epoch) {
      this.#askFrom(null);
      return;
    }
    if (frame.first > here.number + 1) {
      this.#askFrom(here);
      return;
    }
    if (frame.last > here.number) {
      const { entries } = frame;
      if (entries.some((item) => item.kind === "unknown") || !this.#listener.changes(entries)) {
        this.#askFrom(null);
        return;
      }
      this.#position = { epoch: here.epoch, number: frame.last };
    }
    this.#asked = "nothing";
    this.#confirm(now);
  }

  #onHeartbeat(heads: ReadonlyMap<string, Position | null> | null, now: number): void {
    const head = heads?.get(this.topic);
    if (head === undefined) return;
    const here = this.#position;
    if (head === null) {
      // Pending, and known to be: that is the truth as of now. With a view it confirms nothing.
      if (here === null) this.#confirm(now);
      return;
    }
    if (here === null || here.epoch !== head.epoch || head.number > here.number) {
      // Asked before or not: that question, or its answer, may be what was lost.
      this.#asked = "nothing";
      this.#askFrom(here !== null && here.epoch === head.epoch ? here : null);
      return;
    }
    this.#confirm(now);
  }

  #askFrom(position: Position | null): void {
    // One question at a time, unless the new one is the stronger.
    const question = position === null ? "everything" : "what-follows";
    if (this.#isOver || this.#asked === "everything" || this.#asked === question) return;
    this.#asked = question;
    this.#ask(position);
  }

  #confirm(now: number): void {
    this.#isLive = true;
    this.#asOf = now;
    this.#listener.freshness(true, now);
  }
}

function assertNever(value: never): never {
  throw new Error(`unhandled: ${JSON.stringify(value)}`);
}
