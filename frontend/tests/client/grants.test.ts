import { describe, expect, it } from "vitest";
import { Connection } from "../../src/client/connection";
import { Latency } from "../../src/client/latency";
import type { Position } from "../../src/client/protocol";
import { FakeEnvironment } from "../fakes/environment";
import { changes, heartbeat, TOPIC } from "../fakes/frames";
import { Heard } from "../fakes/heard";
import { FakeTransport } from "../fakes/transport";

const AT_FIVE: Position = { epoch: "7f3", offset: 5 };

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

describe("leave to watch", () => {
  it("is handed over with the link and with each topic, and renewed", () => {
    connected();
    [heard] = watch(TOPIC, null);
    heard.topic.sow({ grant: "first" });
    connection.wake();
    transport.link.end(1006);
    environment.pass(500);
    transport.link.accept();
    expect(transport.grants).toEqual(["first"]);
    expect(transport.link.sent).toEqual([{ t: "subs", m: { [TOPIC]: null }, g: ["first"] }]);

    transport.link.say({ t: "grant", c: TOPIC, g: "second" });
    heard.topic.resume();

    expect(transport.link.sent.at(-1)).toEqual({ t: "subs", m: { [TOPIC]: null }, g: ["second"] });
  });

  it("may be asked for, for what has none of its own, and anew when it is refused", async () => {
    environment = new FakeEnvironment();
    transport = new FakeTransport();
    let count = 0;
    connection = new Connection({
      transport,
      environment,
      token: async () => {
        count += 1;
        return count < 3 ? `token ${count}` : null;
      },
    });
    [heard] = watch(TOPIC, null);
    await Promise.resolve();
    expect(transport.grants).toEqual(["token 1"]);

    transport.link.end(4401);
    await Promise.resolve();
    transport.link.accept();
    expect(transport.grants).toEqual(["token 2"]);
    transport.link.end(4401);
    await Promise.resolve();

    expect(heard.topic.end).toEqual({ kind: "denied", reason: "signed-out" });
  });
});

describe("what a page measures of itself", () => {
  it("is the time from a commit to a frame, whatever its clock says", () => {
    live();
    const latency = new Latency(environment);
    connection.latency = latency;
    const server = 1_000_000;
    transport.link.say({ ...changes(6, 6), at: server });
    expect(transport.link.sent.at(-1)).toEqual({ t: "ping" });
    environment.pass(40);
    transport.link.say({ ...heartbeat(["7f3", 6]), ts: server + 20, q: 0 });

    transport.link.say({ ...changes(7, 7), at: server + 10 });
    environment.paint();

    expect(latency.figures()).toEqual({ p50: 40, p99: 40, n: 2 });
  });

  it("is put right when the first answer about the clock took long, and only one way", () => {
    live();
    const latency = new Latency(environment);
    connection.latency = latency;
    const server = 1_000_000;
    const isPing = (sent: unknown) => JSON.stringify(sent) === '{"t":"ping"}';
    const pings = () => transport.link.sent.filter(isPing).length;
    transport.link.say({ ...changes(6, 6), at: server });
    environment.pass(2_000);
    transport.link.say({ ...heartbeat(["7f3", 6]), ts: server + 1_900, q: 0 });
    transport.link.say({ ...changes(7, 7), at: server + 1_970 });
    environment.paint();
    expect(pings()).toBe(2);

    transport.link.say({ ...changes(8, 8), at: server + 1_990 });
    environment.pass(20);
    transport.link.say({ ...heartbeat(["7f3", 8]), ts: server + 2_010, q: 0 });
    environment.paint();
    environment.pass(2_000);
    transport.link.say({ ...changes(9, 9), at: server + 4_000 });

    expect(latency.figures()).toMatchObject({ p50: 30, n: 3 });
    expect(pings()).toBe(2);
  });

  it("takes for an answer only what says so, and for the way only what the server did not hold", () => {
    live();
    const latency = new Latency(environment);
    connection.latency = latency;
    const server = 1_000_000;
    environment.pass(2_000);
    transport.link.say({ ...changes(6, 6), at: server + 1_990 });
    environment.pass(2);
    transport.link.say({ ...heartbeat(["7f3", 6]), ts: server + 1_900 });
    environment.pass(198);
    transport.link.say({ ...heartbeat(["7f3", 6]), ts: server + 2_195, q: 190 });
    transport.link.say({ ...changes(7, 7), at: server + 2_170 });
    environment.paint();

    expect(latency.figures()).toEqual({ p50: 210, p99: 210, n: 2 });
  });

  it("is nothing where nothing was told of a commit", () => {
    expect(new Latency(new FakeEnvironment()).figures()).toEqual({ p50: 0, p99: 0, n: 0 });
  });
});

describe("what goes wrong", () => {
  it("is told to the page that asked for it, and another way is looked for", () => {
    environment = new FakeEnvironment();
    transport = new FakeTransport();
    const told: string[] = [];
    let troubles = 0;
    connection = new Connection({
      transport,
      environment,
      onError: (error) => told.push(error.code),
      troubled: () => {
        troubles += 1;
      },
    });
    [heard] = watch(TOPIC, null);
    transport.link.sayText("<html>");
    environment.pass(500);
    transport.link.end(1006);
    environment.pass(500);
    expect(troubles).toBe(0);
    transport.link.end(4429, "100");
    environment.pass(600);
    transport.link.end(4403);

    expect(told).toEqual(["protocol", "network", "rate", "forbidden"]);
    expect(troubles).toBe(1);
  });
});
