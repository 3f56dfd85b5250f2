/** What a server tells of a run and of an inbox. */

import { FakeSocket } from "../fakes/progress";

export function run(id: string): object {
  const s = { id, title: `Order ${id}`, state: "running", percent: 10, steps: [], hooks: [] };
  return { t: "snap", c: `run:${id}`, e: "a", o: 1, s };
}

const item = (id: string, read: boolean) => ({ id, read, at: `2026-03-02T12:00:0${id}Z` });

/** Of three items two are unread. */
export const ITEMS = {
  t: "snap",
  c: "inbox",
  e: "a",
  o: 1,
  s: { items: [item("c", true), item("b", false), item("a", false)], unread: 2, unseen: 0 },
};

/** The server says it over the newest socket. */
export function told(...frames: object[]): void {
  const socket = FakeSocket.all.at(-1);
  socket?.say({ t: "hello", v: 1, hb: 5000 });
  for (const frame of frames) socket?.say(frame);
}
