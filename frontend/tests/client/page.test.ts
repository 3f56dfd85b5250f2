import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FlowError, flow } from "../../src/client";
import { FakeSocket } from "../fakes/progress";

let number = 0;
let posted: { url: string; init: RequestInit }[];
let answer: () => Response;

/** Another page's address, so that each test has a link of its own. */
function url(): string {
  number += 1;
  return `https://shop.example/${number}/flow/ws/`;
}

function socket(): FakeSocket {
  const last = FakeSocket.all.at(-1);
  if (last === undefined) throw new Error("no socket");
  return last;
}

beforeEach(() => {
  FakeSocket.all = [];
  posted = [];
  answer = () => Response.json({});
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", async (to: URL, init: RequestInit) => {
    posted.push({ url: String(to), init });
    return answer();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  document.head.innerHTML = "";
});

describe("a page", () => {
  it("has one client for the same options, and one topic for the same name", () => {
    const options = { url: url() };

    expect(flow(options)).toBe(flow({ ...options }));
    expect(flow({ url: url() })).not.toBe(flow(options));
    expect(flow(options).run("a")).toBe(flow(options).run("a"));
  });

  it("opens a socket when somebody listens, and none before", () => {
    const page = flow({ url: url() });
    const run = page.run("a");
    expect(FakeSocket.all).toHaveLength(0);
    expect(run.meta).toMatchObject({ status: "idle", stale: true });

    run.subscribe(() => {});

    expect(FakeSocket.all.map((each) => each.url)).toEqual([
      `wss://shop.example/${number}/flow/ws/`,
    ]);
    expect(page.status.value).toBe("connecting");
  });

  it.each([
    [{ mine: true } as const, "runs:mine"],
    [{ subject: "order/17" }, "runs:subject:order/17"],
    [{ workflow: "order" }, "runs:workflow:order"],
  ])("follows lists: %j", async (which, topic) => {
    const page = flow({ url: url() });
    page.runs(which).subscribe(() => {});
    socket().say({ t: "hello", v: 1, hb: 5000 });
    await Promise.resolve();

    expect(socket().sent).toEqual([{ t: "subs", m: { [topic]: null } }]);
  });
});

describe("an inbox", () => {
  it("is acted upon with the page's token, and asks for what has not come yet", async () => {
    document.head.innerHTML = '<meta name="flow-csrf" content="secret">';
    const inbox = flow({ url: url() }).inbox();
    inbox.subscribe(() => {});
    socket().say({ t: "hello", v: 1, hb: 5000 });
    socket().say({ t: "snap", c: "inbox", e: "i", o: 3, s: { items: [], unread: 1, unseen: 1 } });
    answer = () => Response.json({ e: "i", o: 4, unread: 0, unseen: 0, undo: "token" });

    const undo = await inbox.archive(["one"]);
    await undo();

    const base = `https://shop.example/${number}/flow/inbox/`;
    expect(posted.map((each) => each.url)).toEqual([`${base}archive`, `${base}undo`]);
    expect(posted.map((each) => each.init.body)).toEqual(['{"ids":["one"]}', '{"undo":"token"}']);
    expect(posted[0]?.init.headers).toMatchObject({ "x-csrftoken": "secret" });
    expect(socket().sent.at(-1)).toEqual({ t: "subs", m: { inbox: { e: "i", o: 3 } } });
  });

  it.each([
    [401, "auth"],
    [403, "forbidden"],
    [404, "gone"],
    [429, "rate"],
    [500, "network"],
  ])("says why an act was not done: %d", async (status, code) => {
    answer = () => new Response("", { status });

    const done = flow({ url: url() }).inbox().read("all");

    await expect(done).rejects.toMatchObject({ code });
    await expect(done).rejects.toBeInstanceOf(FlowError);
  });

  it("is shown in part where a page has room for no more, with the counts of all of it", async () => {
    const page = flow({ url: url() });
    const [part, whole] = [page.inbox({ tab: "unread", limit: 2 }), page.inbox()];
    const shown: (readonly string[])[] = [];
    const stop = part.subscribe(({ items }) => shown.push(items.map((item) => item.id)));
    const item = (id: string, read = false) => ({ id, read, at: `2026-03-02T12:00:0${id}Z` });
    const items = [item("5", true), item("4"), item("3"), item("2")];
    socket().say({ t: "hello", v: 1, hb: 5000 });
    socket().say({ t: "snap", c: "inbox", e: "i", o: 1, s: { items, unread: 3, unseen: 3 } });

    await vi.waitFor(() => expect(shown.at(-1)).toEqual(["4", "3"]));
    const d = [
      { t: "item", ...item("4", true) },
      { t: "counts", unread: 2, unseen: 2 },
    ];
    socket().say({ t: "pub", c: "inbox", e: "i", f: 2, o: 2, d });
    await vi.waitFor(() => expect(shown.at(-1)).toEqual(["3", "2"]));

    expect(part.value).toMatchObject({ unread: 2, unseen: 2 });
    expect(part.value).toBe(part.value);
    expect(part.meta).toEqual(whole.meta);
    expect(whole.value?.items).toHaveLength(4);
    expect(FakeSocket.all).toHaveLength(1);
    expect(page.inbox({ limit: 2, tab: "unread" })).toBe(part);
    stop();
    expect(whole.meta.status).toBe("idle");
  });

  it("takes acts by its part as by the whole", async () => {
    const part = flow({ url: url() }).inbox({ limit: 1 });
    part.subscribe(() => {});
    socket().say({ t: "hello", v: 1, hb: 5000 });
    socket().say({ t: "snap", c: "inbox", e: "i", o: 3, s: { items: [], unread: 1, unseen: 1 } });
    answer = () => Response.json({ e: "i", o: 4, unread: 0, unseen: 0, undo: "token" });

    await part.seen(["one"]);
    await part.read("all");
    await part.archive(["one"]);
    await (await part.snooze(["one"], new Date("2026-03-02T12:00:00Z")))();

    const acts = ["seen", "read", "archive", "snooze", "undo"];
    const base = `https://shop.example/${number}/flow/inbox/`;
    expect(posted.map((each) => each.url)).toEqual(acts.map((each) => base + each));
    expect(socket().sent.at(-1)).toEqual({ t: "subs", m: { inbox: { e: "i", o: 3 } } });
  });

  it("sleeps until a time, and is seen as a whole", async () => {
    const inbox = flow({ url: url() }).inbox();

    await inbox.snooze(["one"], new Date("2026-03-02T12:00:00Z"));
    await inbox.seen();

    expect(posted.map((each) => each.init.body)).toEqual([
      '{"ids":["one"],"until":"2026-03-02T12:00:00.000Z"}',
      '{"ids":"all"}',
    ]);
  });
});

describe("a workflow that is started by hand", () => {
  it("is started once for a key", async () => {
    answer = () => Response.json({ run: "r1" });

    const { run } = await flow({ url: url() }).start("order/eu", { n: 1 }, { idempotencyKey: "k" });

    expect(run).toBe("r1");
    expect(posted[0]?.url).toBe(`https://shop.example/${number}/flow/start/order%2Feu`);
    expect(posted[0]?.init.headers).toMatchObject({ "idempotency-key": "k" });
  });
});
