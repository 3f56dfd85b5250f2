/**
 * One socket for all topics of a page: opened when something is watched, never given up.
 *
 *   idle -> connecting -> open -> waiting -> connecting …       stopped: signed out; nothing follows
 *
 * A socket that says nothing for two and a half heartbeats is dead, whatever its readyState says. When
 * the page is looked at again, a ping that is not answered within a second says the same.
 */

import { BACKOFF, type Backoff, delayBefore } from "./backoff";
import { verdictOf } from "./codes";
import type { Poll } from "./poll";
import {
  type Frame,
  type Position,
  parseFrame,
  pingFrame,
  subscribeFrame,
  unsubscribeFrame,
} from "./protocol";
import { type Listener, Subscription } from "./subscription";
import type { Link, Transport } from "./transport";

export type ConnectionState = "idle" | "connecting" | "open" | "waiting" | "stopped";

/** Time and chance, as arguments. */
export interface Environment {
  now(): number;
  random(): number;
  /** Calls `action` once after `delayMs`; gives what cancels it. */
  after(delayMs: number, action: () => void): () => void;
  /** Calls `action` once what runs now has ended. */
  soon(action: () => void): void;
}

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly environment: Environment;
  readonly backoff?: Backoff;
  /** Asks over HTTP while no socket can be opened; without it, nothing does. */
  readonly poll?: Poll;
}

const HEARTBEAT_MS = 5_000;
const SILENCE_HEARTBEATS = 2.5;
const HANDSHAKE_MS = 10_000;
const PROBE_MS = 1_000;
const POLL_MS = 3_000;
/** Topics in one message: with their positions well below the 64 KiB that a server takes. */
const FRAME_TOPICS = 200;
/** A page that has just taken its last element away may put in others at once. */
const LINGER_MS = 5_000;
/** Handshakes that failed in a row after which the page asks over HTTP as well. */
const FAILURES_BEFORE_POLLING = 3;

export interface Watch {
  /** Ask for everything anew. */
  refresh(): void;
  stop(): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #environment: Environment;
  readonly #subscriptions = new Map<string, Set<Subscription>>();
  #state: ConnectionState = "idle";
  #link: Link | null = null;
  #attempts = 0;
  #heartbeatMs = HEARTBEAT_MS;
  #cancelWait: () => void = () => {};
  #cancelSilence: () => void = () => {};
  #cancelProbe: () => void = () => {};
  #cancelPoll: () => void = () => {};
  #cancelLinger: () => void = () => {};
  /** What is to be asked and taken back, all of it in one message each: servers count messages. */
  readonly #asking = new Map<string, Position | null>();
  readonly #leaving = new Set<string>();
  #isSpeakingSoon = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#environment = options.environment;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Watch `topic` from `position` on; null = nothing is known of it yet. */
  watch(topic: string, position: Position | null, listener: Listener): Watch {
    this.#cancelLinger();
    const subscription = new Subscription(topic, position, listener, (from) =>
      this.#ask(topic, from),
    );
    const all = this.#subscriptions.get(topic) ?? new Set();
    this.#subscriptions.set(topic, all.add(subscription));
    if (this.#state === "idle") this.#connect();
    else if (this.#state === "open") subscription.resume();
    else if (this.#state === "stopped") subscription.end({ kind: "denied", reason: "signed-out" });
    return {
      refresh: () => this.#ask(topic, null),
      stop: () => this.#unwatch(subscription),
    };
  }

  /** Somebody looks at the page, or the network came or went: find out at once if all is well. */
  wake(): void {
    if (this.#state === "waiting") {
      this.#attempts = 0;
      this.#connect();
    } else if (this.#state === "open") {
      this.#link?.send(pingFrame());
      this.#cancelProbe();
      this.#cancelProbe = this.#environment.after(PROBE_MS, () => {
        this.#drop();
        this.#connect();
      });
    }
  }

  /** Nobody looks: end the socket; `wake` brings it back. */
  pause(): void {
    if (this.#state === "stopped" || this.#state === "idle") return;
    this.#drop();
    this.#state = "waiting";
  }

  #unwatch(subscription: Subscription): void {
    const all = this.#subscriptions.get(subscription.topic);
    all?.delete(subscription);
    if (all?.size !== 0) return;
    this.#subscriptions.delete(subscription.topic);
    this.#asking.delete(subscription.topic);
    if (this.#state === "open") {
      this.#leaving.add(subscription.topic);
      this.#speakSoon();
    }
    if (this.#subscriptions.size > 0) return;
    this.#cancelLinger = this.#environment.after(LINGER_MS, () => {
      this.#drop();
      if (this.#state !== "stopped") this.#state = "idle";
    });
  }

  #ask(topic: string, from: Position | null): void {
    if (this.#state !== "open") return;
    // Two who watch the same are answered alike: the one who has less says from where.
    const other = this.#asking.get(topic);
    const less = other === undefined || from === null || (other?.number ?? -1) > from.number;
    if (less) this.#asking.set(topic, from);
    this.#speakSoon();
  }

  #speakSoon(): void {
    if (this.#isSpeakingSoon) return;
    this.#isSpeakingSoon = true;
    this.#environment.soon(() => {
      this.#isSpeakingSoon = false;
      // What was taken away and put back in the meantime is watched all along.
      const left = [...this.#leaving].filter((topic) => !this.#subscriptions.has(topic));
      for (const some of pagesOf(left)) this.#link?.send(unsubscribeFrame(some));
      for (const some of pagesOf([...this.#asking]))
        this.#link?.send(subscribeFrame(new Map(some)));
      this.#leaving.clear();
      this.#asking.clear();
    });
  }

  #connect(): void {
    this.#cancelWait();
    this.#state = "connecting";
    this.#listenFor(HANDSHAKE_MS);
    this.#link = this.#options.transport.open({
      opened: () => this.#listenFor(HANDSHAKE_MS),
      received: (text) => this.#receive(text),
      closed: (code, reason) => this.#closed(code, reason),
    });
  }

  #receive(text: string): void {
    let frame: Frame;
    try {
      frame = parseFrame(text);
    } catch {
      // A server that speaks otherwise: nothing it says may be shown, and it may be restarted soon.
      this.#drop();
      this.#waitAndConnect();
      return;
    }
    this.#listenFor(this.#heartbeatMs * SILENCE_HEARTBEATS);
    const now = this.#environment.now();
    if (frame.kind === "hello") {
      this.#opened(frame.heartbeatMs);
    } else if (frame.kind === "heartbeat") {
      this.#cancelProbe();
      for (const subscription of this.#all()) {
        subscription.receive(frame, now);
        subscription.staleUnlessConfirmedSince(now - this.#heartbeatMs * SILENCE_HEARTBEATS);
      }
    } else if (frame.topic !== null) {
      for (const subscription of this.#subscriptions.get(frame.topic) ?? []) {
        subscription.receive(frame, now);
      }
    }
  }

  #opened(heartbeatMs: number): void {
    this.#state = "open";
    this.#attempts = 0;
    this.#heartbeatMs = heartbeatMs;
    this.#cancelPoll();
    this.#listenFor(this.#heartbeatMs * SILENCE_HEARTBEATS);
    for (const subscription of this.#all()) subscription.resume();
  }

  #closed(code: number, reason: string): void {
    this.#drop();
    const verdict = verdictOf(code, reason);
    switch (verdict.kind) {
      case "stay-away":
        this.#stop(verdict.reason);
        return;
      case "later":
        this.#waitAndConnect(verdict.delayMs);
        return;
      case "soon":
        this.#waitAndConnect();
        return;
      default:
        assertNever(verdict);
    }
  }

  /** The socket is no more: what is shown is old from now on. */
  #drop(): void {
    this.#cancelWait();
    this.#cancelSilence();
    this.#cancelProbe();
    this.#link?.close();
    this.#link = null;
    this.#asking.clear();
    this.#leaving.clear();
    for (const subscription of this.#all()) subscription.stale();
  }

  #waitAndConnect(atLeastMs = 0): void {
    this.#state = "waiting";
    const { random, after } = this.#environment;
    const delay = delayBefore(this.#attempts, random, this.#options.backoff ?? BACKOFF);
    this.#attempts += 1;
    this.#cancelWait = after(atLeastMs + delay, () => this.#connect());
    if (this.#attempts === FAILURES_BEFORE_POLLING) this.#pollAll();
  }

  #stop(reason: "signed-out" | "forbidden"): void {
    // Forbidden is what was watched; something else may be watched yet. Signed out is everything.
    this.#state = reason === "signed-out" ? "stopped" : "idle";
    this.#cancelPoll();
    for (const subscription of this.#all()) subscription.end({ kind: "denied", reason });
  }

  /** While sockets are refused on the way (a proxy, say), the same frames come over HTTP. */
  #pollAll(): void {
    const poll = this.#options.poll;
    if (poll === undefined) return;
    this.#cancelPoll();
    let isCancelled = false;
    const cancelNext = this.#environment.after(POLL_MS, () => this.#pollAll());
    this.#cancelPoll = () => {
      isCancelled = true;
      cancelNext();
    };
    for (const subscription of this.#all()) {
      void poll(subscription.topic, subscription.position).then((frame) => {
        if (isCancelled || frame === null) return;
        if (frame.kind === "refused" && frame.code === "signed_out") {
          this.#drop();
          this.#stop("signed-out");
        } else {
          subscription.receive(frame, this.#environment.now());
        }
      });
    }
  }

  #listenFor(ms: number): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#environment.after(ms, () => {
      this.#drop();
      this.#waitAndConnect();
    });
  }

  #all(): Subscription[] {
    return [...this.#subscriptions.values()].flatMap((all) => [...all]).filter((s) => !s.isOver);
  }
}

function* pagesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += FRAME_TOPICS) yield all.slice(at, at + FRAME_TOPICS);
}

function assertNever(value: never): never {
  throw new Error(`unhandled: ${JSON.stringify(value)}`);
}
