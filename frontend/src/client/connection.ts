/**
 * One link for all topics of a page: opened when something is watched, never given up.
 *
 *   idle -> connecting -> catching-up, live -> offline -> catching-up, live …
 *                                                       denied: signed out; nothing follows
 *
 * A link that says nothing for two and a half heartbeats is dead, whatever its readyState says. When
 * the page is looked at again, a ping that is not answered within a second says the same.
 */

import { BACKOFF, type Backoff, delayBefore } from "./backoff";
import { MOVED, verdictOf } from "./codes";
import type { Latency } from "./latency";
import { type Environment, FlowError, type Meta, Source, type Status } from "./live";
import {
  type Frame,
  NOWHERE,
  type Position,
  parseFrame,
  subscribeFrame,
  unsubscribeFrame,
} from "./protocol";
import type { Followed, Follower } from "./topic";
import type { Link, Transport } from "./transport";

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly environment: Environment;
  readonly backoff?: Backoff | undefined;
  readonly heartbeatMs?: number | undefined;
  /** A grant for what has none of its own; null = signed out. Asked anew once when it is refused. */
  readonly token?: (() => Promise<string | null>) | undefined;
  readonly onError?: ((error: FlowError) => void) | undefined;
  /** Called when no link could be had so often in a row that another way is worth a look. */
  readonly troubled?: (() => void) | undefined;
}

const HEARTBEAT_MS = 5_000;
export const SILENCE_HEARTBEATS = 2.5;
export const HANDSHAKE_MS = 10_000;
const PROBE_MS = 1_000;
/** Topics in one message: with their positions well below the 64 KiB that a server takes. */
const FRAME_TOPICS = 200;
/** Attempts in a row that failed, before another way is looked for. */
const TROUBLE = 3;
/** A page that has just taken its last element away may put in others at once. */
const LINGER_MS = 5_000;

const nothing = () => {};

export class Connection extends Source<Status> implements Follower {
  /** While somebody wants to know. */
  latency: Latency | null = null;
  /** How a topic stands that is not confirmed. */
  status: Exclude<Status, "live"> = "idle";
  readonly #options: ConnectionOptions;
  readonly #topics = new Map<string, Followed>();
  #link: Link | null = null;
  #attempts = 0;
  #heartbeatMs: number;
  #token: string | null = null;
  #wasRefused = false;
  #told: Status = "idle";
  #cancelWait = nothing;
  #cancelSilence = nothing;
  #cancelProbe = nothing;
  #cancelLinger = nothing;
  /** What is to be asked and taken back, all of it in one message each: servers count messages. */
  readonly #asking = new Map<string, Position | null>();
  readonly #leaving = new Set<string>();

  constructor(options: ConnectionOptions) {
    super(options.environment);
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
  }

  /** How the page stands: live where all that it watches is. */
  get value(): Status {
    const all = this.#unended();
    const isOpen = this.status === "catching-up";
    return (isOpen || all.length > 0) && all.every((topic) => topic.isLive) ? "live" : this.status;
  }

  get meta(): Meta {
    const status = this.value;
    const known = this.#unended().map((topic) => topic.asOf ?? 0);
    return {
      status,
      asOf: new Date(Math.min(...known, this.environment.now())),
      position: NOWHERE,
      stale: status !== "live",
    };
  }

  get failure(): FlowError | null {
    return this.status === "denied" ? new FlowError("auth") : null;
  }

  follow(topic: Followed): void {
    this.#cancelLinger();
    this.#topics.set(topic.name, topic);
    if (this.status === "denied") topic.finish({ kind: "denied", reason: "signed-out" });
    else if (this.status === "catching-up") topic.resume();
    else if (this.status === "idle") this.#connect();
  }

  leave({ name }: Followed): void {
    if (!this.#topics.delete(name)) return;
    this.#asking.delete(name);
    if (this.status === "catching-up") this.#leaving.add(name);
    this.#speakSoon();
    if (this.#topics.size === 0) {
      this.#cancelLinger = this.environment.after(LINGER_MS, () => this.close());
    }
  }

  ask({ name }: Followed, from: Position | null): void {
    if (this.status !== "catching-up") return;
    this.#asking.set(name, from);
    this.#speakSoon();
  }

  /** Somebody looks at the page, or the network came or went: find out at once if all is well. */
  wake(): void {
    if (this.#link) {
      // Begun perhaps in a network that is no more.
      if (this.status === "catching-up") this.#ping();
      this.#cancelProbe();
      this.#cancelProbe = this.environment.after(PROBE_MS, () => {
        this.#drop("offline");
        this.#connect();
      });
    } else if (this.status === "offline") {
      this.#attempts = 0;
      this.#connect();
    }
  }

  /** Nobody looks: end the link; `wake` brings it back. */
  pause(): void {
    if (this.#link) this.#drop("offline");
    this.#cancelWait();
  }

  /** Let go of the link. What is watched anew opens another. */
  close(): void {
    this.#cancelLinger();
    if (this.status !== "denied") this.#drop("idle");
  }

  /** There is another way now, by which the same link comes: what is shown is live all along. */
  move(): void {
    if (!this.#link) return;
    this.#link.close();
    this.#closed(MOVED, "");
  }

  #ping(): void {
    this.latency?.asked();
    this.#link?.send('{"t":"ping"}');
  }

  #speakSoon(): void {
    this.environment.soon(() => {
      // What was taken away and put back in the meantime is watched all along.
      const left = [...this.#leaving].filter((topic) => !this.#topics.has(topic));
      for (const some of pagesOf(left)) this.#link?.send(unsubscribeFrame(some));
      for (const some of pagesOf([...this.#asking])) {
        this.#link?.send(subscribeFrame(some, this.#grantsOf(some.map(([topic]) => topic))));
      }
      this.#leaving.clear();
      this.#asking.clear();
    });
  }

  #grantsOf(topics: Iterable<string>): string[] {
    const own = [...topics].map((topic) => this.#topics.get(topic)?.grant ?? this.#token);
    return [...new Set(own)].filter((grant) => grant !== null);
  }

  #connect(): void {
    this.#cancelWait();
    this.#listenFor(HANDSHAKE_MS);
    if (this.status === "idle") this.status = "connecting";
    this.#tell();
    const { token } = this.#options;
    if (!token || this.#token) {
      this.#open();
      return;
    }
    token().then(
      (found) => {
        this.#token = found;
        if (!found) this.#stop("signed-out");
        else if (!this.#link) this.#open();
      },
      () => this.#wait(),
    );
  }

  #open(): void {
    const events = {
      received: (json: string) => this.#receive(json),
      closed: (code: number, reason: string) => this.#closed(code, reason),
    };
    this.#link = this.#options.transport.open(events, this.#grantsOf(this.#topics.keys()));
  }

  #receive(json: string): void {
    this.#listenFor(this.#heartbeatMs * SILENCE_HEARTBEATS);
    try {
      this.#take(parseFrame(json), this.environment.now());
      this.#tell();
    } catch (error) {
      // A server that speaks otherwise: nothing it says may be shown, and it may be restarted soon.
      this.#options.onError?.(new FlowError("protocol", `${error}`));
      this.#wait();
    }
  }

  #take(frame: Frame, now: number): void {
    if (frame.t === "hello") {
      this.#opened(frame.hb);
    } else if (frame.t === "hb") {
      this.#cancelProbe();
      this.latency?.heard(frame.ts, frame.q);
      const since = now - this.#heartbeatMs * SILENCE_HEARTBEATS;
      for (const topic of this.#unended()) {
        topic.receive(frame, now);
        if (topic.isLive && (topic.asOf ?? 0) < since) topic.stale();
      }
    } else {
      const topic = this.#topics.get(frame.c ?? "");
      if (!topic || topic.end) return;
      topic.receive(frame, now);
      if (frame.t === "pub" && frame.at && this.latency?.came(frame.at)) this.#ping();
    }
  }

  #opened(heartbeatMs: number): void {
    this.#cancelProbe();
    this.status = "catching-up";
    this.#attempts = 0;
    this.#wasRefused = false;
    this.#heartbeatMs = heartbeatMs;
    for (const topic of this.#unended()) topic.resume();
  }

  #closed(code: number, reason: string): void {
    if (code === MOVED) {
      // Another tab has the socket now. What is shown is live all along, if that one answers soon.
      this.#asking.clear();
      this.#cancelProbe();
      this.#connect();
      this.#listenFor(2 * PROBE_MS);
      return;
    }
    // Signed out it was said, and the one who came again was not heard: servers refuse strangers unsaid.
    const verdict = this.#wasRefused ? "signed-out" : verdictOf(code, reason);
    if (typeof verdict === "number") {
      this.#options.onError?.(new FlowError(verdict ? "rate" : "network", `${code} ${reason}`));
      this.#wait(verdict);
    } else if (verdict === "forbidden" || this.#wasRefused) {
      this.#stop(verdict);
    } else {
      // Once only: another tab may have logged in meanwhile, and a token may have run out.
      this.#wasRefused = true;
      this.#token = null;
      this.#drop("offline");
      this.#connect();
    }
  }

  /** The link is no more: what is shown is old from now on. */
  #drop(status: Connection["status"]): void {
    this.#cancelWait();
    this.#cancelSilence();
    this.#cancelProbe();
    this.#link?.close();
    this.#link = null;
    this.#asking.clear();
    this.status = status;
    for (const topic of this.#unended()) topic.stale();
    this.#tell();
  }

  #wait(atLeastMs = 0): void {
    this.#drop("offline");
    const { random, after, isHidden } = this.environment;
    const delay = delayBefore(this.#attempts, random, this.#options.backoff ?? BACKOFF, isHidden());
    this.#attempts += 1;
    if (this.#attempts === TROUBLE) this.#options.troubled?.();
    this.#cancelWait = after(atLeastMs + delay, () => this.#connect());
  }

  #stop(reason: "signed-out" | "forbidden"): void {
    // Forbidden is what was watched; something else may be watched yet. Signed out is everything.
    this.#drop(reason === "forbidden" ? "idle" : "denied");
    for (const topic of this.#unended()) topic.finish({ kind: "denied", reason });
    this.#options.onError?.(new FlowError(reason === "forbidden" ? reason : "auth"));
    this.#tell();
  }

  #tell(): void {
    const { value } = this;
    if (value === this.#told) return;
    this.#told = value;
    this.changed();
  }

  #listenFor(ms: number): void {
    this.#cancelSilence();
    this.#cancelSilence = this.environment.after(ms, () => this.#wait());
  }

  #unended(): Followed[] {
    return [...this.#topics.values()].filter((topic) => !topic.end);
  }
}

function* pagesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += FRAME_TOPICS) yield all.slice(at, at + FRAME_TOPICS);
}
