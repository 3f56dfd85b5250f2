/** A server that says what the test has it say. */

import type { Link, Transport, TransportEvents } from "../../src/client/transport";

export class FakeLink implements Link {
  readonly sent: unknown[] = [];
  isClosed = false;
  readonly #events: TransportEvents;

  constructor(events: TransportEvents) {
    this.#events = events;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  accept(heartbeatMs = 5_000): void {
    this.say({ t: "hello", v: 1, hb: heartbeatMs });
  }

  say(frame: unknown): void {
    this.sayText(JSON.stringify(frame));
  }

  sayText(text: string): void {
    if (!this.isClosed) this.#events.received(text);
  }

  end(code: number, reason = ""): void {
    if (!this.isClosed) this.#events.closed(code, reason);
  }
}

export class FakeTransport implements Transport {
  readonly links: FakeLink[] = [];
  /** The grants with which the last was opened. */
  grants: readonly string[] = [];

  open(events: TransportEvents, grants: readonly string[]): Link {
    this.grants = grants;
    const link = new FakeLink(events);
    this.links.push(link);
    return link;
  }

  /** The link that was opened last. */
  get link(): FakeLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error("nothing was opened");
    return link;
  }
}
