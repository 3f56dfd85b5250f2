import { beforeEach, describe, expect, it } from "vitest";
import { Connection } from "../../src/client/connection";
import type { Poll } from "../../src/client/poll";
import { type Frame, type Position, parseFrame } from "../../src/client/protocol";
import type { End, Listener } from "../../src/client/subscription";
import { FakeEnvironment } from "../fakes/environment";
import { changes, heartbeat, snapshot, succeeded, TOPIC } from "../fakes/frames";
import { FakeTransport } from "../fakes/transport";

class Heard implements Listener {
  log: string[] = [];
  isLive = false;
  asOf: number | null = null;
  end: End | null = null;

  snapshot(): void {
    this.log.push("snapshot");
  }
  changes(items: readonly unknown[]): boolean {
    this.log.push(`changes ${items.length}`);
    return true;
  }
  pending(): void {
    this.log.push("pending");
  }
  ended(end: End): void {
    this.end = end;
  }
  freshness(isLive: boolean, asOf: number | null): void {
    this.isLive = isLive;
    this.asOf = asOf;
  }
}

const AT_FIVE: Position = { epoch: "7f3", number: 5 };
const FROM_FIVE = { t: "sub", c: TOPIC, p: { e: "7f3", o: 5 } };

let environment: FakeEnvironment;
let transport: FakeTransport;
let connection: Connection;
let heard: Heard;

function connected(poll?: Poll): void {
  environment = new FakeEnvironment();
  transport = new FakeTransport();
  connection = new Connection({ transport, environment, ...(poll ? { poll } : {}) });
  heard = new Heard();
}

/** A page that shows number five, and follows it live. */
function live(): void {
  connected();
  connection.watch(TOPIC, AT_FIVE, heard);
  transport.link.accept();
  transport.link.say(changes(6, 5));
}

describe("a connection", () => {
  it("is opened when something is watched, and asks from the position of the page", () => {
    connected();
    expect(connection.state).toBe("idle");

    connection.watch(TOPIC, AT_FIVE, heard);
    transport.link.accept();

    expect(connection.state).toBe("open");
    expect(transport.link.sent).toEqual([FROM_FIVE]);
  });

  it("carries several topics over one socket, and each frame to its own", () => {
    live();
    const other = new Heard();
    connection.watch("run:other", null, other);

    transport.link.say(snapshot(6));

    expect(transport.links).toHaveLength(1);
    expect([heard.log.at(-1), other.log]).toEqual(["snapshot", []]);
  });

  it("is ended when nothing is watched any more", () => {
    connected();
    const watch = connection.watch(TOPIC, AT_FIVE, heard);
    transport.link.accept();

    watch.stop();
    expect(transport.link.sent.at(-1)).toEqual({ t: "unsub", c: TOPIC });
    expect(transport.link.isClosed).toBe(false);
    environment.pass(5000);

    expect(transport.link.isClosed).toBe(true);
    expect(connection.state).toBe("idle");
  });

  it("is kept by a page that puts other elements in the place of its last ones", () => {
    connected();
    connection.watch(TOPIC, AT_FIVE, heard).stop();
    connection.watch("run:other", null, heard);
    transport.link.accept();
    environment.pass(10_000);

    expect(transport.links).toHaveLength(1);
    expect(transport.link.sent).toEqual([{ t: "sub", c: "run:other", p: null }]);
  });

  it("asks for a hundred topics in one message, and leaves them in one", () => {
    connected();
    environment.isHolding = true;
    const watches = Array.from({ length: 100 }, (_, n) =>
      connection.watch(`run:${n}`, n === 7 ? AT_FIVE : null, new Heard()),
    );
    transport.link.accept();
    environment.settle();
    for (const watch of watches) watch.stop();
    environment.settle();

    const [asked, left] = transport.link.sent;
    expect(transport.link.sent).toHaveLength(2);
    expect(asked).toMatchObject({ t: "subs", m: { "run:0": null, "run:7": { e: "7f3", o: 5 } } });
    expect(left).toMatchObject({ t: "unsubs", m: { length: 100 } });
  });

  it("asks for a thousand topics in messages that a server takes", () => {
    connected();
    environment.isHolding = true;
    const topics = Array.from({ length: 1_000 }, (_, n) => `run:${String(n).padStart(36, "0")}`);
    const position = { epoch: "e".repeat(36), number: 1_000_000 };
    for (const topic of topics) connection.watch(topic, position, new Heard());
    transport.link.accept();
    environment.settle();

    const asked = transport.link.sent as { t: string; m: Record<string, unknown> }[];
    expect(asked.map((frame) => frame.t)).toEqual(Array(5).fill("subs"));
    expect(asked.flatMap((frame) => Object.keys(frame.m))).toEqual(topics);
    for (const frame of asked) expect(JSON.stringify(frame).length).toBeLessThan(64 * 1024);
  });

  it("says nothing of what was taken away and put back at once", () => {
    live();
    environment.isHolding = true;
    const moved = connection.watch("run:moved", null, new Heard());
    environment.settle();
    const before = transport.link.sent.length;

    moved.stop();
    connection.watch("run:moved", AT_FIVE, new Heard());
    environment.settle();

    expect(transport.link.sent.slice(before)).toEqual([
      { t: "sub", c: "run:moved", p: { e: "7f3", o: 5 } },
    ]);
  });

  it("asks from where the one is who has less, for two that watch the same", () => {
    connected();
    environment.isHolding = true;
    connection.watch(TOPIC, { epoch: "7f3", number: 9 }, heard);
    connection.watch(TOPIC, AT_FIVE, new Heard());
    connection.watch(TOPIC, { epoch: "7f3", number: 7 }, new Heard());
    transport.link.accept();
    environment.settle();

    expect(transport.link.sent).toEqual([FROM_FIVE]);
  });
});

describe("a socket that is cut", () => {
  beforeEach(live);

  it("makes what is shown old, as of the last confirmation", () => {
    environment.pass(3000);
    transport.link.end(1006);

    expect([heard.isLive, heard.asOf]).toEqual([false, 0]);
  });

  it("is opened again, and asks for what was missed", () => {
    transport.link.say(changes(6, 6, [succeeded("reserve")]));
    transport.link.end(1006);
    environment.pass(500);
    transport.link.accept();

    expect(transport.links).toHaveLength(2);
    expect(transport.link.sent).toEqual([{ t: "sub", c: TOPIC, p: { e: "7f3", o: 6 } }]);
  });

  it("is tried again for ever", () => {
    environment.chance = 0.999;
    for (let n = 1; n <= 50; n += 1) {
      transport.link.end(1006);
      environment.pass(5000);
      expect(transport.links).toHaveLength(n + 1);
    }
  });

  it("is tried again at once by who comes back to the page", () => {
    environment.chance = 1;
    transport.link.end(1006);

    connection.wake();

    expect(transport.links).toHaveLength(2);
  });

  it("waits as long as the server asks for", () => {
    transport.link.end(4429, "20000");
    environment.pass(20_499);
    expect(transport.links).toHaveLength(1);

    environment.pass(1);
    expect(transport.links).toHaveLength(2);
  });

  it.each([
    [4401, "signed-out"],
    [4403, "forbidden"],
  ])("with %d is not opened again", (code, reason) => {
    transport.link.end(code);
    environment.pass(600_000);
    connection.wake();

    expect(transport.links).toHaveLength(1);
    expect(heard.end).toEqual({ kind: "denied", reason });
  });

  it("says nothing after its end", () => {
    const old = transport.link;
    old.end(1006);
    const log = [...heard.log];
    old.say(snapshot(99));

    expect(heard.log).toEqual(log);
  });
});

describe("a socket that only looks alive", () => {
  beforeEach(live);

  it("is dead after two and a half heartbeats of silence", () => {
    environment.pass(12_499);
    expect(heard.isLive).toBe(true);

    environment.pass(1);
    expect(heard.isLive).toBe(false);

    environment.pass(500);
    expect(transport.links).toHaveLength(2);
  });

  it("is believed while it is heard", () => {
    for (let n = 0; n < 20; n += 1) {
      environment.pass(5000);
      transport.link.say(heartbeat(["7f3", 5]));
    }

    expect([transport.links.length, heard.isLive, heard.asOf]).toEqual([1, true, 100_000]);
  });

  it("is asked when somebody looks, and left when it does not answer within a second", () => {
    connection.wake();
    expect(transport.link.sent.at(-1)).toEqual({ t: "ping" });

    environment.pass(1000);

    expect(heard.isLive).toBe(false);
    expect(transport.links).toHaveLength(2);
  });

  it("is kept when it answers", () => {
    connection.wake();
    environment.pass(999);
    transport.link.say(heartbeat(["7f3", 5]));
    environment.pass(1000);

    expect([transport.links.length, heard.isLive]).toEqual([1, true]);
  });

  it("that beats without ever naming the head does not keep a page live", () => {
    for (let n = 0; n < 4; n += 1) {
      environment.pass(5000);
      transport.link.say({ t: "hb", ts: 0, h: null });
    }

    expect([transport.links.length, heard.isLive]).toEqual([1, false]);
  });

  it("that speaks another language is left, and tried again", () => {
    transport.link.sayText("<html>");

    expect(heard.isLive).toBe(false);
    environment.pass(500);
    expect(transport.links).toHaveLength(2);
  });
});

describe("a handshake that never ends", () => {
  it("is given up after ten seconds", () => {
    connected();
    connection.watch(TOPIC, AT_FIVE, heard);
    environment.pass(10_500);

    expect(transport.links).toHaveLength(2);
  });
});

describe("a page that nobody looks at", () => {
  it("lets go of its socket and comes back where it was", () => {
    live();
    connection.pause();
    expect([transport.link.isClosed, heard.isLive]).toEqual([true, false]);
    environment.pass(3_600_000);
    expect(transport.links).toHaveLength(1);

    connection.wake();
    transport.link.accept();

    expect(transport.link.sent).toEqual([FROM_FIVE]);
  });
});

describe("where no socket can be opened", () => {
  let answer: Frame | null;
  let asked: (Position | null)[];

  beforeEach(() => {
    asked = [];
    answer = parseFrame(JSON.stringify(snapshot(7)));
    connected((_topic, position) => {
      asked.push(position);
      return Promise.resolve(answer);
    });
    connection.watch(TOPIC, AT_FIVE, heard);
    for (let n = 0; n < 3; n += 1) {
      transport.link.end(1006);
      if (n < 2) environment.pass(500);
    }
  });

  it("the page asks over HTTP, and again from where it is then", async () => {
    await Promise.resolve();
    expect([asked, heard.log, heard.isLive]).toEqual([[AT_FIVE], ["snapshot"], true]);

    environment.pass(3000);

    expect(asked.at(-1)).toEqual({ epoch: "7f3", number: 7 });
  });

  it("the socket is tried all the same, and takes over", async () => {
    await Promise.resolve();
    environment.pass(500);
    transport.link.accept();
    const before = asked.length;
    environment.pass(9000);

    expect(asked).toHaveLength(before);
  });

  it("who is signed out is told so", async () => {
    answer = { kind: "refused", topic: TOPIC, code: "signed_out" };
    environment.pass(3000);
    await Promise.resolve();

    expect(heard.end).toEqual({ kind: "denied", reason: "signed-out" });
  });

  it("no answer changes nothing", async () => {
    answer = null;
    await Promise.resolve();
    const log = [...heard.log];
    environment.pass(3000);
    await Promise.resolve();

    expect(heard.log).toEqual(log);
  });
});
