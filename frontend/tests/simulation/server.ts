/**
 * A model of the server: numbered journals, of which browsers are told by hints that may be lost, come
 * twice or late, over sockets that may be cut, or stay open and carry nothing.
 *
 * Harder than the real one in this: a hint carries only its own number, so that a lost one leaves a gap,
 * where the real hub reads all that came since.
 */

import type { Link, Transport, TransportEvents } from "../../src/client/transport";
import type { World } from "./world";

/** How often what goes wrong, as shares of one. */
export interface Faults {
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
  readonly connectFails: number;
  /** Of a socket or a journal, every four seconds. */
  readonly cut: number;
  readonly halfDead: number;
  readonly epochLost: number;
}

/** What the server tells: all of it; no heads; no numbers either, as plain publish-subscribe. */
export type Telling = "everything" | "no-heads" | "plain";

interface Journal {
  epoch: string;
  offset: number;
  /** By the name of a part, the number that it was last written with. */
  state: Record<string, number>;
  entries: { readonly offset: number; readonly id: string }[];
}

const PARTS = ["a", "b", "c"];

export class ModelServer implements Transport {
  readonly journals = new Map<string, Journal>();
  readonly sockets = new Set<Socket>();
  /** Whoever comes is sent away. */
  isSignedOut = false;
  faults: Faults | null;
  readonly heartbeatMs: number;
  readonly telling: Telling;
  readonly world: World;
  #writes = 0;
  #epochs = 0;

  constructor(
    world: World,
    faults: Faults | null,
    {
      heartbeatMs = 5_000,
      telling = "everything",
    }: { heartbeatMs?: number; telling?: Telling } = {},
  ) {
    this.world = world;
    this.faults = faults;
    this.heartbeatMs = heartbeatMs;
    this.telling = telling;
  }

  open(events: TransportEvents): Link {
    const socket = new Socket(this, events);
    const { world, faults } = this;
    if (this.isSignedOut) {
      world.after(20, () => socket.cut(4401));
    } else if (faults !== null && world.chance(faults.connectFails)) {
      // Refused, or swallowed on the way.
      if (world.chance(0.8)) world.after(world.between(20, 200), () => socket.cut());
    } else {
      world.after(world.between(20, 120), () => socket.accept());
    }
    return socket;
  }

  journal(name: string): Journal {
    let journal = this.journals.get(name);
    if (journal === undefined) {
      journal = { epoch: this.#epoch(), offset: 0, state: {}, entries: [] };
      this.journals.set(name, journal);
    }
    return journal;
  }

  write(name: string): void {
    const { world, faults } = this;
    const journal = this.journal(name);
    const id = PARTS[Math.trunc(world.random() * PARTS.length)] ?? "a";
    this.#writes += 1;
    journal.offset += 1;
    journal.state[id] = this.#writes;
    journal.entries.push({ offset: journal.offset, id });
    const { epoch, offset } = journal;
    const value = this.#writes;
    const hint = (delayMs: number) =>
      world.after(delayMs, () => {
        if (journal.epoch !== epoch) return;
        const frame = {
          t: "pub",
          c: name,
          e: epoch,
          f: offset,
          o: offset,
          d: [{ t: "part", id, value }],
        };
        for (const socket of this.sockets) if (socket.topics.has(name)) socket.say(frame);
      });
    if (faults === null) {
      hint(5);
      return;
    }
    if (!world.chance(faults.lost)) hint(world.chance(faults.late) ? world.between(200, 3_000) : 5);
    if (world.chance(faults.doubled)) hint(world.between(5, 1_000));
  }

  /** What every four seconds may happen to each socket and journal. */
  strike({ cut, halfDead, epochLost }: Faults): void {
    for (const socket of [...this.sockets]) {
      if (this.world.chance(cut)) socket.cut();
      else if (this.world.chance(halfDead)) socket.isDead = true;
    }
    for (const journal of this.journals.values()) {
      if (this.world.chance(epochLost))
        Object.assign(journal, { epoch: this.#epoch(), offset: 0, entries: [] });
    }
  }

  #epoch(): string {
    this.#epochs += 1;
    return `e${this.#epochs}`;
  }
}

type Wire = { t: string; c?: string; m?: unknown; p?: { e: string; o: number } | null };

class Socket implements Link {
  readonly topics = new Set<string>();
  /** Open for all who look, and carries nothing. */
  isDead = false;
  readonly #server: ModelServer;
  readonly #events: TransportEvents;
  #isOver = false;
  /** What is on its way arrives in order, to here and from here. */
  #arrivesAt = 0;
  #heardAt = 0;

  constructor(server: ModelServer, events: TransportEvents) {
    this.#server = server;
    this.#events = events;
  }

  accept(): void {
    if (this.#isOver) return;
    this.#server.sockets.add(this);
    this.say({ t: "hello", v: 1, hb: this.#server.heartbeatMs });
    this.#beat();
  }

  cut(code = 1006): void {
    this.#server.sockets.delete(this);
    this.#carry(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#events.closed(code, "");
    });
  }

  say(frame: object): void {
    if (this.isDead) return;
    const plain = this.#server.telling === "plain" ? { ...frame, f: 0 } : frame;
    const text = JSON.stringify(plain);
    this.#carry(() => {
      if (!this.#isOver && !this.isDead) this.#events.received(text);
    });
  }

  send(text: string): void {
    if (this.isDead) return;
    const { world } = this.#server;
    this.#heardAt = Math.max(this.#heardAt, world.now + world.between(5, 40));
    world.after(this.#heardAt - world.now, () => {
      if (this.#server.sockets.has(this)) this.#hear(JSON.parse(text));
    });
  }

  close(): void {
    this.#isOver = true;
    this.#server.sockets.delete(this);
  }

  #carry(action: () => void): void {
    const { world } = this.#server;
    this.#arrivesAt = Math.max(this.#arrivesAt, world.now + world.between(5, 40));
    world.after(this.#arrivesAt - world.now, action);
  }

  #hear(frame: Wire): void {
    switch (frame.t) {
      case "sub":
        this.#answer(frame.c ?? "", frame.p ?? null);
        return;
      case "subs":
        for (const [name, p] of Object.entries(frame.m as Record<string, Wire["p"]>)) {
          this.#answer(name, p ?? null);
        }
        return;
      case "unsub":
        this.topics.delete(frame.c ?? "");
        return;
      case "unsubs":
        for (const name of frame.m as string[]) this.topics.delete(name);
        return;
      case "ping":
        this.#sayHeads();
        return;
    }
  }

  #answer(name: string, from: { e: string; o: number } | null): void {
    const { epoch, offset, state, entries } = this.#server.journal(name);
    this.topics.add(name);
    if (from?.e !== epoch || this.#server.telling === "plain") {
      const parts = Object.entries(state).map(([id, value]) => ({ id, value }));
      this.say({ t: "snap", c: name, e: epoch, o: offset, s: { parts } });
      return;
    }
    const d = entries
      .filter((entry) => entry.offset > from.o)
      .map(({ id }) => ({ t: "part", id, value: state[id] }));
    this.say({ t: "pub", c: name, e: epoch, f: from.o + 1, o: offset, d });
  }

  #beat(): void {
    this.#server.world.after(this.#server.heartbeatMs, () => {
      if (!this.#server.sockets.has(this)) return;
      this.#sayHeads();
      this.#beat();
    });
  }

  #sayHeads(): void {
    const { telling, world } = this.#server;
    const heads = [...this.topics].map((name) => {
      const { epoch, offset } = this.#server.journal(name);
      return [name, [epoch, offset]] as const;
    });
    const h = telling === "everything" ? Object.fromEntries(heads) : {};
    this.say({ t: "hb", ts: world.now, h });
  }
}
