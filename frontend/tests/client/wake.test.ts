/** A page that is hidden, left and looked at again, and whose network comes and goes. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flow } from "../../src/client";
import { RUN, snapshot, TOPIC } from "../fakes/frames";
import { FakeSocket } from "../fakes/progress";

const GRACE_MS = 60_000;
const LINGER_MS = 5_000;

let number = 0;
let stop = () => {};

/** A page that follows a run, which it knows as of number 5; and the first of its sockets. */
function following(): FakeSocket {
  number += 1;
  const page = flow({ url: `/${number}/flow/ws/`, hiddenGraceMs: GRACE_MS, tabs: "off" });
  stop = page.run(RUN).subscribe(() => {});
  const [socket] = FakeSocket.all;
  if (!socket) throw new Error("no socket");
  socket.say({ t: "hello", v: 1, hb: 600_000 });
  socket.say(snapshot(5));
  return socket;
}

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}

function leave(): void {
  dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
}

function comeBack(persisted: boolean): void {
  dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
}

/** What the newest socket was asked, after the server has greeted it. */
async function askedOfTheNext(): Promise<unknown> {
  const socket = FakeSocket.all.at(-1);
  socket?.say({ t: "hello", v: 1, hb: 600_000 });
  await Promise.resolve();
  return socket?.sent;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
});

afterEach(() => {
  hide(false);
  stop();
  // Its socket is kept for what may be put in at once.
  vi.advanceTimersByTime(LINGER_MS);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a page that nobody looks at", () => {
  it("lets go of its socket after a while, and asks from where it was once it is seen", async () => {
    const socket = following();
    const closed = vi.spyOn(socket, "close");

    hide(true);
    vi.advanceTimersByTime(GRACE_MS - 1);
    expect(closed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(closed).toHaveBeenCalled();
    expect(FakeSocket.all).toHaveLength(1);
    hide(false);

    expect(FakeSocket.all).toHaveLength(2);
    expect(await askedOfTheNext()).toMatchObject([{ m: { [TOPIC]: { o: 5 } } }]);
  });

  it("that is seen again in time keeps its socket, and asks whether it is alive", () => {
    const socket = following();

    hide(true);
    vi.advanceTimersByTime(GRACE_MS / 2);
    hide(false);
    vi.advanceTimersByTime(500);

    expect(FakeSocket.all).toHaveLength(1);
    expect(socket.sent.at(-1)).toEqual({ t: "ping" });
  });
});

describe("a page that is left", () => {
  it("lets go at once, and asks from where it was when it comes out of the cache", async () => {
    const closed = vi.spyOn(following(), "close");

    leave();
    expect(closed).toHaveBeenCalled();
    comeBack(true);

    expect(FakeSocket.all).toHaveLength(2);
    expect(await askedOfTheNext()).toMatchObject([{ m: { [TOPIC]: { o: 5 } } }]);
  });

  it("and only loaded opens no second one", () => {
    following();

    comeBack(false);

    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe.each([
  "online",
  "offline",
])("a network of which the browser says that it is %s", (name) => {
  it("is asked, and taken for gone when nothing answers within a second", () => {
    const socket = following();

    dispatchEvent(new Event(name));
    expect(socket.sent.at(-1)).toEqual({ t: "ping" });
    vi.advanceTimersByTime(999);
    expect(FakeSocket.all).toHaveLength(1);
    vi.advanceTimersByTime(1);

    expect(FakeSocket.all).toHaveLength(2);
  });
});
