import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { overHttp, withoutSocket } from "../../src/client/fallback";
import type { Link, TransportEvents } from "../../src/client/transport";
import { FakeEnvironment } from "../fakes/environment";
import { changes, heartbeat, snapshot, TOPIC } from "../fakes/frames";
import { FakeTransport } from "../fakes/transport";

const LIVE = "https://shop.example/flow/live/";
const HELLO = { t: "hello", v: 1, hb: 5000 };

interface Asked {
  readonly url: string;
  readonly body: unknown;
  readonly signal: AbortSignal;
}

let environment: FakeEnvironment;
let asked: Asked[];
let answer: (url: string) => Response;
let heard: string[];
let closes: [number, string][];

const events: TransportEvents = {
  received: (text) => heard.push(JSON.parse(text).t),
  closed: (code, reason) => closes.push([code, reason]),
};

function frames(...all: object[]): Response {
  return Response.json({ frames: all });
}

/** An answer that goes on until it is `close`d. */
function stream(): [Response, (text: string) => void, () => void] {
  const pipe = new TransformStream<string, string>();
  const writer = pipe.writable.getWriter();
  const body = pipe.readable.pipeThrough(new TextEncoderStream());
  return [
    new Response(body),
    (text) => void writer.write(text),
    () => void writer.close().catch(() => {}),
  ];
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

beforeEach(() => {
  environment = new FakeEnvironment();
  asked = [];
  heard = [];
  closes = [];
  answer = () => frames();
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const signal = init.signal ?? new AbortController().signal;
    asked.push({ url, body: JSON.parse(String(init.body)), signal });
    return answer(url);
  });
});

afterEach(() => vi.unstubAllGlobals());

describe("asking over HTTP every three seconds", () => {
  it("says hello once, and each time from where the page is by then", async () => {
    answer = () => frames(snapshot(7), heartbeat(["7f3", 7]));
    const link = overHttp(LIVE, false, environment).open(events, ["leave"]);
    await settled();
    link.send(JSON.stringify({ t: "subs", m: { [TOPIC]: null }, g: ["more"] }));
    await settled();
    environment.pass(3000);
    await settled();

    expect(heard.filter((t) => t === "hello")).toHaveLength(1);
    expect(asked.map(({ body }) => body)).toEqual([
      { m: {}, g: ["leave"] },
      { m: { [TOPIC]: null }, g: ["leave", "more"] },
      { m: { [TOPIC]: { e: "7f3", o: 7 } }, g: ["leave", "more"] },
    ]);
  });

  it("leaves out what is no longer watched, and stops when it is closed", async () => {
    const link = overHttp(LIVE, false, environment).open(events, []);
    link.send(JSON.stringify({ t: "subs", m: { one: null, two: null, three: null } }));
    link.send(JSON.stringify({ t: "unsubs", m: ["one"] }));
    link.send(JSON.stringify({ t: "unsubs", m: ["two"] }));
    link.send(JSON.stringify({ t: "ping" }));
    await settled();
    expect(asked.at(-1)?.body).toEqual({ m: { three: null }, g: [] });
    expect(asked).toHaveLength(4);

    link.close();
    environment.pass(10_000);

    expect(asked).toHaveLength(4);
    expect(closes).toEqual([]);
  });

  it.each([
    [401, {}, 4401, ""],
    [403, {}, 4403, ""],
    [429, { "retry-after": "7" }, 4429, "7000"],
    [501, {}, 1006, ""],
  ])("ends with %d as a socket would", async (status, headers, code, reason) => {
    answer = () => new Response("{}", { status, headers });
    overHttp(LIVE, false, environment).open(events, []);
    await settled();

    expect(closes).toEqual([[code, reason]]);
  });

  it("ends where a proxy answers with a page of its own", async () => {
    answer = () => new Response("<html>");
    overHttp(LIVE, false, environment).open(events, []);
    await settled();

    expect([heard, closes]).toEqual([[], [[1006, ""]]]);
  });
});

describe("a stream over HTTP", () => {
  it("carries frames, however they are cut, and says why it ends", async () => {
    const [response, write] = stream();
    answer = () => response;
    overHttp(LIVE, true, environment).open(events, []);
    const text = `data: ${JSON.stringify(HELLO)}\n\n: still here\n\ndata: ${JSON.stringify(snapshot(1))}\n\n`;
    write(text.slice(0, 20));
    write(text.slice(20));
    await settled();
    expect(heard).toEqual(["hello", "snap"]);

    write(`data: ${JSON.stringify({ t: "close", code: 4401, reason: "" })}\n\n`);
    await settled();

    expect(closes).toEqual([[4401, ""]]);
  });

  it("is opened anew for other topics, from where the page is", async () => {
    const [first, write] = stream();
    const [second] = stream();
    answer = () => (asked.length === 2 ? first : second);
    const link = overHttp(LIVE, true, environment).open(events, []);
    link.send(JSON.stringify({ t: "subs", m: { [TOPIC]: { e: "7f3", o: 5 } } }));
    await settled();
    write(`data: ${JSON.stringify(changes(6, 6))}\n\n`);
    await settled();

    link.send(JSON.stringify({ t: "subs", m: { "run:other": null } }));
    await settled();

    expect(asked[1]?.signal.aborted).toBe(true);
    expect(asked.at(-1)?.body).toEqual({
      m: { [TOPIC]: { e: "7f3", o: 6 }, "run:other": null },
      g: [],
    });
  });

  it("that breaks off is a socket that was cut", async () => {
    const [response, , close] = stream();
    answer = () => response;
    overHttp(LIVE, true, environment).open(events, []);
    close();
    await settled();

    expect(closes).toEqual([[1006, ""]]);
  });
});

describe("a page whose sockets are blocked", () => {
  let socket: FakeTransport;
  let link: Link;

  function opened(): void {
    socket = new FakeTransport();
    const way = withoutSocket(socket, LIVE, environment);
    link = way.open(events, []);
  }

  it("is told by a stream, then by answers, then tries the socket again", async () => {
    socket = new FakeTransport();
    const way = withoutSocket(socket, LIVE, environment);
    answer = () => new Response("", { status: 501 });
    for (let n = 0; n < 2; n += 1) {
      way.open(events, []);
      await settled();
    }
    expect(asked.map(({ url }) => url)).toEqual([`${LIVE}events`, LIVE]);

    way.open(events, []);

    expect(socket.links).toHaveLength(1);
  });

  it("goes over to the socket as soon as one can be had, without a gap", async () => {
    const [response, write] = stream();
    answer = () => response;
    opened();
    write(`data: ${JSON.stringify(HELLO)}\n\n`);
    await settled();
    environment.pass(30_000);
    socket.link.accept();
    link.send(JSON.stringify({ t: "ping" }));

    expect(asked[0]?.signal.aborted).toBe(true);
    expect([heard, closes]).toEqual([["hello", "hello"], []]);
    socket.link.end(1006);
    expect(closes).toEqual([[1006, ""]]);
  });

  it("stays with the stream while the socket is refused, and asks again", async () => {
    const [response, write] = stream();
    answer = () => response;
    opened();
    write(`data: ${JSON.stringify(HELLO)}\n\n`);
    await settled();

    environment.pass(30_000);
    socket.link.end(1006);
    environment.pass(30_000);
    expect([socket.links.length, closes]).toEqual([2, []]);
    link.close();

    expect(socket.link.isClosed).toBe(true);
  });
});
