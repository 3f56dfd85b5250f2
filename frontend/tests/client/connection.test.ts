import { beforeEach, describe, expect, it } from "vitest";
import { Connection } from "../../src/client/connection";
import type { Position } from "../../src/client/protocol";
import { FakeEnvironment } from "../fakes/environment";
import { changes, heartbeat, snapshot, succeeded, TOPIC } from "../fakes/frames";
import { Heard } from "../fakes/heard";
import { FakeTransport } from "../fakes/transport";

const AT_FIVE: Position = { epoch: "7f3", offset: 5 };
const FROM_FIVE = { t: "subs", m: { [TOPIC]: { e: "7f3", o: 5 } } };

let environment: FakeEnvironment;
let transport: FakeTransport;
let connection: Connection;
let heard: Heard;

function connected(): void {
  environment = new FakeEnvironment();
  transport = new FakeTransport();
  connection = new Connection({ transport, environment });
}

/** Somebody who watches `topic` from `position` on. */
function watch(topic: string, position: Position | null): [Heard, () => void] {
  const watcher = new Heard(topic, connection, position);
  return [watcher, watcher.listen()];
}

/** A page that shows number five, and follows it live. */
function live(): void {
  connected();
  [heard] = watch(TOPIC, AT_FIVE);
  transport.link.accept();
  transport.link.say(changes(6, 5));
}

function freshness(): [boolean, number | null] {
  return [heard.topic.isLive, heard.topic.asOf];
}

describe("a connection", () => {
  it("is opened when something is watched, and asks from the position of the page", () => {
    connected();
    expect(connection.value).toBe("idle");

    watch(TOPIC, AT_FIVE);
    expect(connection.value).toBe("connecting");
    transport.link.accept();

    expect(connection.value).toBe("catching-up");
    expect(transport.link.sent).toEqual([FROM_FIVE]);
  });

  it("carries several topics over one socket, and each frame to its own", () => {
    live();
    const [other] = watch("run:other", null);

    transport.link.say(snapshot(6));

    expect(transport.links).toHaveLength(1);
    expect([heard.log.at(-1), other.log]).toEqual(["snapshot", []]);
  });

  it("is ended when nothing is watched any more", () => {
    connected();
    const [, stop] = watch(TOPIC, AT_FIVE);
    transport.link.accept();

    stop();
    expect(transport.link.sent.at(-1)).toEqual({ t: "unsubs", m: [TOPIC] });
    expect(transport.link.isClosed).toBe(false);
    environment.pass(5000);

    expect(transport.link.isClosed).toBe(true);
    expect(connection.value).toBe("idle");
  });

  it("is kept by a page that puts other elements in the place of its last ones", () => {
    connected();
    watch(TOPIC, AT_FIVE)[1]();
    watch("run:other", null);
    transport.link.accept();
    environment.pass(10_000);

    expect(transport.links).toHaveLength(1);
    expect(transport.link.sent).toEqual([{ t: "subs", m: { "run:other": null } }]);
  });

  it("asks for a hundred topics in one message, and leaves them in one", () => {
    connected();
    environment.isHolding = true;
    const watches = Array.from({ length: 100 }, (_, n) =>
      watch(`run:${n}`, n === 7 ? AT_FIVE : null),
    );
    transport.link.accept();
    environment.settle();
    for (const [, stop] of watches) stop();
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
    const position = { epoch: "e".repeat(36), offset: 1_000_000 };
    for (const topic of topics) watch(topic, position);
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
    const [, stop] = watch("run:moved", null);
    environment.settle();
    const before = transport.link.sent.length;

    stop();
    watch("run:moved", AT_FIVE);
    environment.settle();

    expect(transport.link.sent.slice(before)).toEqual([
      { t: "subs", m: { "run:moved": { e: "7f3", o: 5 } } },
    ]);
  });
});

describe("a socket that is cut", () => {
  beforeEach(live);

  it("makes what is shown old, as of the last confirmation", () => {
    environment.pass(3000);
    transport.link.end(1006);

    expect(freshness()).toEqual([false, 0]);
  });

  it("is opened again, and asks for what was missed", () => {
    transport.link.say(changes(6, 6, [succeeded("reserve")]));
    transport.link.end(1006);
    environment.pass(500);
    transport.link.accept();

    expect(transport.links).toHaveLength(2);
    expect(transport.link.sent).toEqual([{ t: "subs", m: { [TOPIC]: { e: "7f3", o: 6 } } }]);
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

  it("with 4403 is not opened again", () => {
    transport.link.end(4403);
    environment.pass(600_000);
    connection.wake();

    expect(transport.links).toHaveLength(1);
    expect(heard.topic.end).toEqual({ kind: "denied", reason: "forbidden" });
  });

  it.each([
    4401, 1006,
  ])("with 4401 is opened once more, for who has logged in meanwhile, and not after %d", (code) => {
    transport.link.end(4401);
    expect([transport.links.length, heard.topic.end]).toEqual([2, null]);

    transport.link.end(code);
    environment.pass(600_000);
    connection.wake();

    expect(transport.links).toHaveLength(2);
    expect(heard.topic.end).toEqual({ kind: "denied", reason: "signed-out" });
    expect([connection.value, connection.failure?.code]).toEqual(["denied", "auth"]);
    expect(watch("run:other", null)[0].topic.end).toMatchObject({ reason: "signed-out" });
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
    expect(heard.topic.isLive).toBe(true);

    environment.pass(1);
    expect(heard.topic.isLive).toBe(false);

    environment.pass(500);
    expect(transport.links).toHaveLength(2);
  });

  it("is believed while it is heard", () => {
    for (let n = 0; n < 20; n += 1) {
      environment.pass(5000);
      transport.link.say(heartbeat(["7f3", 5]));
    }

    expect([transport.links.length, ...freshness()]).toEqual([1, true, 100_000]);
  });

  it("is asked when somebody looks, and left when it does not answer within a second", () => {
    connection.wake();
    expect(transport.link.sent.at(-1)).toEqual({ t: "ping" });

    environment.pass(1000);

    expect(heard.topic.isLive).toBe(false);
    expect(transport.links).toHaveLength(2);
  });

  it("is kept when it answers", () => {
    connection.wake();
    environment.pass(999);
    transport.link.say(heartbeat(["7f3", 5]));
    environment.pass(1000);

    expect([transport.links.length, heard.topic.isLive]).toEqual([1, true]);
  });

  it("that beats without ever naming the head does not keep a page live", () => {
    for (let n = 0; n < 4; n += 1) {
      environment.pass(5000);
      transport.link.say({ t: "hb", ts: 0, h: null });
    }

    expect([transport.links.length, heard.topic.isLive]).toEqual([1, false]);
  });

  it("that speaks another language is left, and tried again", () => {
    transport.link.sayText("<html>");

    expect(heard.topic.isLive).toBe(false);
    environment.pass(500);
    expect(transport.links).toHaveLength(2);
  });
});

describe("a handshake that never ends", () => {
  it("is given up after ten seconds", () => {
    connected();
    [heard] = watch(TOPIC, AT_FIVE);
    environment.pass(10_500);

    expect(transport.links).toHaveLength(2);
  });
});

describe("a page that nobody looks at", () => {
  it("lets go of its socket and comes back where it was", () => {
    live();
    connection.pause();
    expect([transport.link.isClosed, heard.topic.isLive]).toEqual([true, false]);
    environment.pass(3_600_000);
    expect(transport.links).toHaveLength(1);

    connection.wake();
    transport.link.accept();

    expect(transport.link.sent).toEqual([FROM_FIVE]);
  });
});

describe("a link that comes another way now", () => {
  it("is opened at once, and what is shown stays live meanwhile", () => {
    live();
    const told: string[] = [];
    connection.listen(() => told.push(connection.value));

    transport.link.end(4900);
    expect([transport.links.length, heard.topic.isLive, connection.value]).toEqual([
      2,
      true,
      "live",
    ]);
    transport.link.accept();
    transport.link.say(changes(6, 6, [succeeded("reserve")]));

    expect([heard.topic.position?.offset, connection.value, told]).toEqual([6, "live", []]);
  });

  it("makes it old where nobody answers there", () => {
    live();

    connection.move();
    environment.pass(2000);

    expect([heard.topic.isLive, connection.value]).toEqual([false, "offline"]);
  });
});

describe("a page that is done", () => {
  it("lets go of its link, and opens another for what is watched anew", () => {
    live();
    connection.close();
    expect([transport.link.isClosed, connection.value]).toEqual([true, "idle"]);

    watch("run:other", null);

    expect([transport.links.length, connection.value]).toEqual([2, "connecting"]);
    expect(connection.meta).toMatchObject({ status: "connecting", stale: true });
  });
});
