import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FlowButton } from "../../src/elements/flow-button";
import { FlowConnection } from "../../src/elements/flow-connection";
import { FlowInbox } from "../../src/elements/flow-inbox";
import { FlowToasts } from "../../src/elements/flow-toasts";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 1;
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number; reason: string }) => void = () => {};

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(): void {}
  close(): void {}
  say(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

const ROW =
  '<svg><path/></svg><a class="flow-open"><span class="flow-tone"></span><span class="flow-name"></span></a>' +
  '<p class="flow-text"></p><time class="flow-at"></time><form method="post">' +
  '<button data-act="read" title="Mark as read"></button><button data-act="archive" title="Archive"></button></form>';
const ELEMENTS = {
  "flow-inbox": FlowInbox,
  "flow-toasts": FlowToasts,
  "flow-connection": FlowConnection,
  "flow-button": FlowButton,
};

let number = 0;
let posted: [string, unknown][];
let answer: object;

function item(id: string, fields: object = {}): object {
  return {
    id,
    kind: "run.succeeded",
    title: `Order ${id}`,
    text: "All done.",
    say: { name: "say.succeeded" },
    url: `/runs/${id}/`,
    run: null,
    tone: "success",
    at: `2026-03-02T12:00:0${id}Z`,
    seen: false,
    read: false,
    archived: false,
    snoozed_until: null,
    ...fields,
  };
}

function snap(...items: object[]): object {
  const s = { items, unread: items.length, unseen: items.length };
  return { t: "snap", c: "inbox", e: "a1", o: 1, s };
}

/** Elements meet the page with all that is inside them, as they do in a browser. */
function put(html: string): void {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  document.body.replaceChildren(...holder.childNodes);
}

/** What the server has written, and the socket after its hello. */
function page(html: (socket: string) => string): FakeSocket {
  number += 1;
  put(html(`/flow/ws/${number}/`));
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("no socket");
  socket.onopen();
  socket.say({ t: "hello", v: 1, hb: 5000 });
  return socket;
}

function inbox(socket: string, frame: object): string {
  return `<flow-inbox socket="${socket}"><script type="application/json">${JSON.stringify(frame)}</script>
    <details><summary></summary><span class="flow-badge"></span><form></form>
    <div class="flow-tabs" hidden><button class="flow-tab" type="button" aria-pressed="true">All</button>
    <button class="flow-tab" type="button" aria-pressed="false">Unread</button></div>
    <ul></ul><p class="flow-nothing"></p></details><div class="flow-undone" role="status"></div>
    <template><li>${ROW}</li></template></flow-inbox>`;
}

function toasts(socket: string): string {
  return `<flow-toasts socket="${socket}"><ol></ol><p role="status"></p><p role="alert"></p>
    <template><li>${ROW}</li></template></flow-toasts>`;
}

function texts(selector: string): string[] {
  return [...document.querySelectorAll(selector)].map((found) => found.textContent ?? "");
}

function press(selector: string): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  found.click();
}

/** What is being waited for has come. */
async function settle(): Promise<void> {
  await vi.dynamicImportSettled();
  for (let turn = 0; turn < 10; turn += 1) await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  posted = [];
  answer = { e: "a1", o: 2, unread: 0, unseen: 0, undo: "archive 2026" };
  vi.stubGlobal("fetch", async (url: string | URL, options: { body: string }) => {
    posted.push([`${url}`.replace(/.*\/inbox\//, ""), JSON.parse(options.body)]);
    return new Response(JSON.stringify(answer));
  });
  sessionStorage.clear();
  for (const [name, element] of Object.entries(ELEMENTS)) {
    if (customElements.get(name) === undefined) customElements.define(name, element);
  }
});

afterEach(() => {
  document.body.innerHTML = "";
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the inbox", () => {
  it("shows what the server has written, and what comes, newest first", () => {
    const socket = page((url) => inbox(url, snap(item("1"))));
    expect(texts("ul .flow-name")).toEqual(["Order 1"]);

    socket.say({
      ...{ t: "pub", c: "inbox", e: "a1", f: 2, o: 2 },
      d: [
        { t: "item", ...item("2") },
        { t: "counts", unread: 2, unseen: 2 },
      ],
    });

    expect(texts("ul .flow-name")).toEqual(["Order 2", "Order 1"]);
    expect(texts(".flow-badge")).toEqual(["2"]);
    expect(document.querySelector("summary")?.getAttribute("aria-label")).toBe(
      "Notifications, 2 unread",
    );
  });

  it("counts what is shown in the open list as seen, and nothing before", async () => {
    page((url) => inbox(url, snap(item("1"))));
    await settle();
    expect(posted).toEqual([]);

    const box = document.querySelector("details");
    if (box) box.open = true;
    box?.dispatchEvent(new Event("toggle"));
    await settle();

    expect(posted).toEqual([["seen", { ids: ["1"] }]]);
  });

  it("archives, and takes it back while it offers to", async () => {
    page((url) => inbox(url, snap(item("1"))));

    press('[data-act="archive"]');
    await settle();
    expect(texts(".flow-undone")).toEqual(["Archived Undo"]);
    press(".flow-undone button");
    await settle();

    expect(posted).toEqual([
      ["archive", { ids: ["1"] }],
      ["undo", { undo: "archive 2026" }],
    ]);
    expect(texts(".flow-undone")).toEqual([""]);
  });

  it("offers to take it back for five seconds", async () => {
    page((url) => inbox(url, snap(item("1"))));

    press('[data-act="archive"]');
    await settle();
    await vi.advanceTimersByTimeAsync(4_900);
    const before = texts(".flow-undone");
    await vi.advanceTimersByTimeAsync(200);

    expect([before, texts(".flow-undone")]).toEqual([["Archived Undo"], [""]]);
  });

  it("says what did not work", async () => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 500 }));
    page((url) => inbox(url, snap(item("1"))));

    press('[data-act="read"]');
    await settle();

    expect(texts(".flow-undone")).toEqual(["That did not work; please try again."]);
    expect(texts("ul .flow-name")).toEqual(["Order 1"]);
  });

  it("lets the page open an item in its own way", async () => {
    page((url) => inbox(url, snap(item("1"))));
    const opened: unknown[] = [];
    document.body.addEventListener(
      "flow-open",
      (event) => {
        event.preventDefault();
        opened.push(event instanceof CustomEvent && event.detail.url);
      },
      { once: true },
    );
    const click = new MouseEvent("click", { bubbles: true, cancelable: true });

    document.querySelector(".flow-name")?.dispatchEvent(click);
    await settle();

    expect([opened, click.defaultPrevented]).toEqual([["/runs/1/"], true]);
    expect(posted).toEqual([["read", { ids: ["1"] }]]);
  });

  it("shows only what is unread where that is wanted", () => {
    page((url) => inbox(url, snap(item("1", { read: true }))));
    expect(document.querySelector(".flow-nothing")?.hasAttribute("hidden")).toBe(true);

    press(".flow-tab:last-child");

    expect(document.querySelector("ul")?.hasAttribute("data-unread-only")).toBe(true);
    expect(document.querySelector(".flow-nothing")?.hasAttribute("hidden")).toBe(false);
  });
});

describe("the toasts", () => {
  function comes(socket: FakeSocket, o: number, ...items: object[]): void {
    const d = [
      ...items.map((each) => ({ t: "item", ...each })),
      { t: "counts", unread: 1, unseen: 1 },
    ];
    socket.say({ t: "pub", c: "inbox", e: "a1", f: o, o, d });
  }

  it("show what comes while the page is looked at, once", () => {
    const socket = page(toasts);
    socket.say(snap(item("1")));
    expect(texts("ol .flow-name")).toEqual([]);

    comes(socket, 2, item("2"));
    comes(socket, 3, item("2"));

    expect(texts("ol .flow-name")).toEqual(["Order 2"]);
    expect(texts("[role=status]")).toEqual(["Done: Order 2. All done."]);
  });

  it("go after their time, but for failures, and are three at most", () => {
    const socket = page(toasts);
    socket.say(snap());

    comes(socket, 2, item("1", { tone: "failure" }));
    for (const n of [2, 3, 4]) comes(socket, n + 1, item(`${n}`));
    const shown = texts("ol .flow-name");
    vi.advanceTimersByTime(6_000);

    expect(shown).toEqual(["Order 2", "Order 3", "Order 4"]);
    expect(texts("ol .flow-name")).toEqual([]);
    expect(texts("[role=alert]")).toEqual(["Failed: Order 1. All done."]);
    comes(socket, 6, item("5", { tone: "failure" }));
    vi.advanceTimersByTime(60_000);
    expect(texts("ol .flow-name")).toEqual(["Order 5"]);
  });

  it("wait while somebody is in them", () => {
    const socket = page(toasts);
    socket.say(snap());
    comes(socket, 2, item("1"));

    vi.advanceTimersByTime(5_000);
    document.querySelector("flow-toasts")?.dispatchEvent(new Event("pointerenter"));
    vi.advanceTimersByTime(60_000);
    const held = texts("ol .flow-name");
    document.querySelector("flow-toasts")?.dispatchEvent(new Event("pointerleave"));
    vi.advanceTimersByTime(6_000);

    expect([held, texts("ol .flow-name")]).toEqual([["Order 1"], []]);
  });

  it("go when the item was read elsewhere", () => {
    const socket = page(toasts);
    socket.say(snap());
    comes(socket, 2, item("1", { tone: "failure" }));

    comes(socket, 3, item("1", { tone: "failure", read: true, seen: true }));

    expect(texts("ol .flow-name")).toEqual([]);
  });

  it("do not say again what a run of the page says itself", () => {
    const run = "0190a000-0000-7000-8000-000000000001";
    const socket = page((url) => `${toasts(url)}<flow-progress run-id="${run}"></flow-progress>`);
    socket.say(snap());

    comes(socket, 2, item("1", { run }));

    expect(texts("ol .flow-name")).toEqual(["Order 1"]);
    expect(texts("[role=status]")).toEqual([""]);
  });
});

describe("the strip of the connection", () => {
  it("waits a moment before it speaks, and goes when the page is live again", () => {
    const socket = page(
      (url) =>
        `${toasts(url)}<flow-connection socket="${url}" hidden><p class="flow-strip"></p></flow-connection>`,
    );
    const strip = document.querySelector<HTMLElement>("flow-connection");
    socket.say(snap());
    socket.onclose({ code: 1006, reason: "" });
    expect(strip?.hidden).toBe(true);

    vi.advanceTimersByTime(1_600);

    expect([strip?.hidden, strip?.textContent]).toEqual([false, "Reconnecting"]);
    const last = () => FakeSocket.all.findLast(({ url }) => url === socket.url);
    for (let turn = 0; last() === socket && turn < 100; turn += 1) vi.advanceTimersByTime(250);
    const next = last();
    next?.onopen();
    next?.say({ t: "hello", v: 1, hb: 5000 });
    next?.say(snap());
    expect(strip?.hidden).toBe(true);
  });
});

describe("the button", () => {
  const RUN = "0190a000-0000-7000-8000-000000000002";
  let keys: string[];

  function button(): HTMLElement {
    put('<flow-button><form action="/start/report"><button>Go</button></form></flow-button>');
    const found = document.querySelector<HTMLElement>("flow-button");
    if (found === null) throw new Error("no button");
    return found;
  }

  function answering(...answers: (() => Response)[]): void {
    vi.stubGlobal("fetch", async (url: string, options: { headers: Record<string, string> }) => {
      if (!url.includes("/start/")) return new Promise(() => {});
      keys.push(options.headers["idempotency-key"] ?? "");
      const next = answers.shift();
      if (next === undefined) throw new Error("not expected");
      return next();
    });
  }

  const accepted = () => new Response(JSON.stringify({ run: RUN }), { status: 201 });

  beforeEach(() => {
    keys = [];
  });

  it("sends its form once, and shows the run", async () => {
    answering(accepted);
    const element = button();

    press("form button");
    press("form button");
    await settle();
    press("form button");

    expect(keys).toHaveLength(1);
    expect(element.dataset["state"]).toBe("accepted");
    expect(element.querySelector("flow-progress")?.getAttribute("run-id")).toBe(RUN);
    expect(texts("[role=status]")).toEqual(["Accepted"]);
  });

  it("sends the same key again after a lost answer", async () => {
    answering(() => {
      throw new TypeError("the network is gone");
    }, accepted);
    const element = button();

    press("form button");
    await settle();
    const failed = element.dataset["state"];
    press("form button");
    await settle();

    expect(failed).toBe("failed");
    expect(keys[0]).toBe(keys[1]);
    expect(element.dataset["state"]).toBe("accepted");
  });

  it("shows the run again after a reload, until it is over", async () => {
    answering(accepted, accepted);
    button();
    press("form button");
    await settle();

    const again = button();
    expect(again.querySelector("flow-progress")?.getAttribute("run-id")).toBe(RUN);
    again
      .querySelector("flow-progress")
      ?.dispatchEvent(new CustomEvent("flow-done", { bubbles: true }));
    press("form button");
    await settle();

    expect(keys).toHaveLength(2);
    expect(keys[0]).not.toBe(keys[1]);
  });
});
