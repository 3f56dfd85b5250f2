/**
 * One link for all tabs of a user. The tab that holds the lock leads: it has the link, and passes frames
 * to and fro. For the others a port has the shape of a link and speaks the same frames, so that a change
 * of leader is just another resume.
 *
 * A leader that is killed loses the lock, and the next in line has it. Who sees that the leader is
 * hidden, or does not answer, and is itself looked at, takes the lock.
 */

import { BACKOFF, delayBefore } from "./backoff";
import { CUT, MOVED } from "./codes";
import { HANDSHAKE_MS, SILENCE_HEARTBEATS } from "./connection";
import { isFields } from "./fields";
import type { Environment } from "./live";
import { unsubscribeFrame } from "./protocol";
import type { Link, Transport, TransportEvents } from "./transport";

/** What tabs say to one another. */
export type Message =
  /** Of a tab that has just come: is anybody here? */
  | { readonly hello: true }
  /** Of a follower: its port is open, speaks, or is given up. */
  | { readonly from: string; readonly grants: readonly string[] }
  | { readonly from: string; readonly text: string }
  | { readonly from: string; readonly text: null }
  /** Of the leader: what came, for one port or all; "" = I am here. */
  | { readonly to: string | null; readonly text: string }
  | { readonly to: string | null; readonly code: number; readonly reason: string }
  /** Of the leader: who it is, and if anybody sees it. */
  | { readonly leader: string; readonly isHidden: boolean };

/** The other tabs, and the lock that only one of them has. */
export interface Neighbours {
  /** This tab's own name. */
  readonly id: string;
  post(message: Message): void;
  /** Gives what ends it. */
  listen(heard: (message: Message) => void): () => void;
  /**
   * Wait for the lock, or take it. `granted` when it is ours; `lost` when another has taken it. Gives
   * what withdraws or releases it.
   */
  lead(isTaking: boolean, granted: () => void, lost: () => void): () => void;
}

/** A leader that lives answers sooner. */
const ANSWER_MS = 1_000;

export class Tabs implements Transport {
  readonly #inner: Transport;
  readonly #neighbours: Neighbours;
  readonly #environment: Environment;
  /** Of our own port, while it is open. */
  #events: TransportEvents | null = null;
  #cancelAnswer = () => {};
  #leader: { readonly leader: string; readonly isHidden: boolean } | null = null;
  #release = () => {};
  #deafen: (() => void) | null = null;
  /** While this tab leads: the topics of each port. */
  #ports: Map<string, Set<string>> | null = null;
  #grants: readonly string[] = [];
  #link: Link | null = null;
  /** The link's first frame, for ports that are opened later. */
  #hello = "";
  #heartbeatMs = 0;
  #failures = 0;
  #isOpening = false;
  #cancelSilence = () => {};

  constructor(inner: Transport, neighbours: Neighbours, environment: Environment) {
    this.#inner = inner;
    this.#neighbours = neighbours;
    this.#environment = environment;
  }

  open(events: TransportEvents, grants: readonly string[]): Link {
    const from = this.#neighbours.id;
    if (!this.#deafen) {
      this.#deafen = this.#neighbours.listen((message) => this.#heard(message));
      this.#lead(false);
    }
    this.#events = events;
    this.#cancelAnswer();
    this.#cancelAnswer = this.#environment.after(ANSWER_MS, () => this.#lead(true));
    // Not before the caller has the link in its hand: a leader that is here answers at once.
    this.#environment.soon(() => this.#events === events && this.#say({ from, grants }));
    return {
      send: (text) => this.#say({ from, text }),
      close: () => {
        if (this.#events !== events) return;
        this.#shut();
        this.#say({ from, text: null });
      },
    };
  }

  /** This page is looked at now, or no longer. */
  looked(): void {
    if (this.#ports) this.#present();
    else this.#takeFromHidden();
  }

  /** The page goes, perhaps to come back. */
  leave(): void {
    this.#resign();
    this.#release();
    this.#deafen?.();
    this.#deafen = null;
  }

  /** Of a port: to this tab if it leads, else to the one that does. */
  #say(message: Message): void {
    if (this.#ports) this.#heard(message);
    else this.#neighbours.post(message);
  }

  #heard(message: Message): void {
    const { id } = this.#neighbours;
    if ("hello" in message) {
      if (this.#ports) this.#present();
    } else if ("from" in message) {
      if (this.#ports) this.#serve(this.#ports, message);
    } else if ("leader" in message) {
      if (this.#ports) return;
      const isNew = this.#leader?.leader !== message.leader;
      this.#leader = message;
      if (isNew) this.#end(MOVED, "");
      this.#takeFromHidden();
    } else if (message.to === null || message.to === id) {
      this.#cancelAnswer();
      if ("code" in message) this.#end(message.code, message.reason);
      else if (message.text) this.#events?.received(message.text);
    }
  }

  #shut(): TransportEvents | null {
    const events = this.#events;
    this.#events = null;
    this.#cancelAnswer();
    return events;
  }

  #end(code: number, reason: string): void {
    this.#shut()?.closed(code, reason);
  }

  #takeFromHidden(): void {
    if (this.#leader?.isHidden && !this.#environment.isHidden()) this.#lead(true);
  }

  #lead(isTaking: boolean): void {
    if (this.#ports) return;
    this.#release();
    this.#release = this.#neighbours.lead(
      isTaking,
      () => {
        this.#ports = new Map();
        this.#leader = null;
        this.#present();
        this.#end(MOVED, "");
      },
      () => {
        this.#resign();
        this.#lead(false);
      },
    );
  }

  #resign(): void {
    this.#ports = null;
    this.#hangUp();
    this.#end(MOVED, "");
  }

  #present(): void {
    const isHidden = this.#environment.isHidden();
    this.#neighbours.post({ leader: this.#neighbours.id, isHidden });
  }

  /** To one port, or to all. */
  #tell(message: Message & { to: string | null }): void {
    if (message.to !== this.#neighbours.id) this.#neighbours.post(message);
    this.#heard(message);
  }

  #serve(ports: Map<string, Set<string>>, message: Extract<Message, { from: string }>): void {
    const { from } = message;
    const topics = ports.get(from);
    if ("grants" in message) {
      ports.set(from, new Set());
      this.#grants = [...this.#grants, ...message.grants];
      this.#tell({ to: from, text: this.#hello });
      this.#dial();
    } else if (message.text === null) {
      ports.delete(from);
      if (topics) this.#forget(ports, [...topics]);
      if (ports.size === 0) this.#hangUp();
    } else if (topics) {
      const { t, m } = headOf(message.text);
      if (Array.isArray(m)) {
        for (const topic of m) topics.delete(topic);
        this.#forget(ports, m);
      } else {
        if (t === "ping") this.#listenFor(ANSWER_MS);
        if (isFields(m)) for (const topic of Object.keys(m)) topics.add(topic);
        this.#link?.send(message.text);
      }
    } else {
      // Its tab slept through a change.
      this.#tell({ to: from, code: CUT, reason: "" });
    }
  }

  #forget(ports: Map<string, Set<string>>, topics: readonly string[]): void {
    const left = topics.filter((topic) => ![...ports.values()].some((all) => all.has(topic)));
    if (left.length > 0) this.#link?.send(unsubscribeFrame(left));
  }

  /** Each port waits before it comes back; all together dial no oftener than one would. */
  #dial(): void {
    if (this.#link || this.#isOpening) return;
    this.#isOpening = true;
    const { after, random, isHidden } = this.#environment;
    const wait = this.#failures && delayBefore(this.#failures - 1, random, BACKOFF, isHidden());
    after(wait, () => {
      this.#isOpening = false;
      if (!this.#ports?.size) return;
      this.#link = this.#inner.open(
        {
          received: (text) => this.#received(text),
          closed: (code, reason) => this.#closed(code, reason),
        },
        this.#grants,
      );
      this.#listenFor(HANDSHAKE_MS);
    });
  }

  #received(text: string): void {
    const { t, hb } = headOf(text);
    if (t === "hello") {
      this.#hello = text;
      this.#heartbeatMs = Number(hb);
      this.#failures = 0;
    }
    this.#listenFor(SILENCE_HEARTBEATS * this.#heartbeatMs);
    this.#tell({ to: null, text });
  }

  #closed(code: number, reason: string): void {
    if (!this.#hello) this.#failures += 1;
    this.#hangUp();
    this.#ports?.clear();
    this.#tell({ to: null, code, reason });
  }

  /** Ports come and go, each with a patience of its own: whether the link is dead is found out here. */
  #listenFor(ms: number): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#environment.after(ms, () => this.#closed(CUT, ""));
  }

  #hangUp(): void {
    this.#cancelSilence();
    this.#link?.close();
    this.#link = null;
    this.#hello = "";
    this.#grants = [];
  }
}

/** Of a frame what a relay has to know; what cannot be read is for the ports to judge. */
function headOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}
