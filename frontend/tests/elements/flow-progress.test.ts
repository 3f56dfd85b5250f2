import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer } from "../../src/elements/announcer";
import { FlowProgress } from "../../src/elements/flow-progress";
import { clock } from "../../src/elements/stations";
import { FakeEnvironment } from "../fakes/environment";
import {
  CHILD,
  changes,
  heartbeat,
  item,
  line,
  loop,
  parallel,
  RUN,
  run,
  snapshot,
  step,
  succeeded,
  TOPIC,
  told,
} from "../fakes/frames";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 1;
  sent: unknown[] = [];
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number; reason: string }) => void = () => {};

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {}
  say(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

let number = 0;
let heard: string[];

/** The element as the server has written it: its children are there before it is. */
function written(frame: object | null, socket: string): FlowProgress {
  const element = new FlowProgress();
  element.setAttribute("run-id", RUN);
  element.setAttribute("socket", socket);
  element.setAttribute("as-of", "2026-03-02T12:03:04Z");
  const script = document.createElement("script");
  script.type = "application/json";
  script.textContent = JSON.stringify(frame);
  const title = document.createElement("p");
  title.className = "flow-title";
  title.textContent = "written by the server";
  element.append(script, title);
  return element;
}

/** The page as the server has written it, and its socket after the hello. */
function page(frame: object | null): [FlowProgress, FakeSocket] {
  number += 1;
  const element = written(frame, `/flow/ws/${number}/`);
  document.body.append(element);
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("no socket");
  return [element, socket];
}

function open(socket: FakeSocket): void {
  socket.onopen();
  socket.say({ t: "hello", v: 1, hb: 5000 });
}

function text(selector: string): string {
  return document.querySelector(selector)?.textContent ?? "";
}

function states(): (string | undefined)[] {
  return [...document.querySelectorAll<HTMLElement>("li[data-step]")].map(
    (i) => i.dataset["state"],
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  if (customElements.get("flow-progress") === undefined) {
    customElements.define("flow-progress", FlowProgress);
  }
  heard = [];
  for (const name of ["flow-progress", "flow-done", "flow-failed"]) {
    document.addEventListener(name, note);
  }
});

afterEach(() => {
  document.body.innerHTML = "";
  for (const name of ["flow-progress", "flow-done", "flow-failed"]) {
    document.removeEventListener(name, note);
  }
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function note(event: Event): void {
  heard.push(event.type);
}

describe("the element", () => {
  it("takes over what the server has written and goes on from there", async () => {
    const [, socket] = page(snapshot(5));
    open(socket);
    await Promise.resolve();

    expect(states()).toEqual(["running", "pending"]);
    expect(text(".flow-title")).toBe("Order 42");
    expect(socket.sent).toEqual([{ t: "sub", c: TOPIC, p: { e: "7f3", o: 5 } }]);
    expect(heard).toEqual([]);
  });

  it("makes its parts itself where the server has written none", () => {
    const [element, socket] = page(null);
    open(socket);
    expect(text(".flow-headline")).toBe("Waiting for this to begin.");

    socket.say(snapshot(2));

    expect(states()).toEqual(["running", "pending"]);
    expect(element.querySelector("progress")?.getAttribute("aria-label")).toBe("Progress");
  });

  it("follows to the end, and tells the page once", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);

    socket.say(changes(6, 6, [succeeded("reserve")]));
    socket.say(
      changes(7, 8, [
        succeeded("ship"),
        run("succeeded", { percent: 100, finished_at: "2026-03-02T12:00:01.000Z" }),
      ]),
    );
    socket.say(
      changes(7, 8, [
        succeeded("ship"),
        run("succeeded", { percent: 100, finished_at: "2026-03-02T12:00:01.000Z" }),
      ]),
    );

    expect(element.dataset["state"]).toBe("succeeded");
    expect(text(".flow-headline")).toBe("All done.");
    expect(text(".flow-percent")).toBe("100 %");
    expect(heard).toEqual(["flow-progress", "flow-progress", "flow-done"]);
  });

  it("opened after the end tells the page nothing", () => {
    const [, socket] = page(snapshot(9, { state: "succeeded", percent: 100 }));
    open(socket);
    socket.say(changes(10, 9));

    expect(heard).toEqual([]);
  });

  it("says of a failure what customers may know", () => {
    const [, socket] = page(snapshot(5));
    open(socket);

    socket.say(
      snapshot(7, { state: "failed", why: { kind: "said", message: "Your card was declined." } }),
    );

    expect(text(".flow-headline")).toBe("Your card was declined.");
    expect(heard).toEqual(["flow-progress", "flow-failed"]);
  });

  it("never lets the percentage go back", () => {
    const steps = [step("reserve", "running", { progress: 0.8 }), step("ship")];
    const [element, socket] = page(snapshot(5, { percent: 40, steps }));
    open(socket);

    socket.say(snapshot(6, { percent: 0 }));

    expect(text(".flow-percent")).toBe("40 %");
    expect(element.querySelector("progress")?.value).toBe(40);
  });

  it("begins anew when the run was made anew", () => {
    const [, socket] = page(snapshot(5, { percent: 40 }));
    open(socket);

    socket.say(snapshot(2, { percent: 10 }, "9aa"));

    expect(text(".flow-percent")).toBe("10 %");
  });

  it("shows text as text", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const [element, socket] = page(null);
    open(socket);

    socket.say(
      snapshot(2, { title: evil, steps: [step(evil, "running", { title: evil, note: evil })] }),
    );

    expect(element.querySelectorAll("img")).toHaveLength(0);
    expect(text(".flow-title")).toBe(evil);
  });
});

describe("what is inside a step", () => {
  function station(id: string): HTMLElement {
    const found = document.querySelector<HTMLElement>(`li[data-step="${id}"]`);
    if (found === null) throw new Error(`no station ${id}`);
    return found;
  }

  function within(id: string, selector: string): string[] {
    return [...station(id).querySelectorAll(`:scope > ${selector}`)].map(
      (e) => e.textContent ?? "",
    );
  }

  it("is shown below it: branches in one list, other lines each in its own", () => {
    const papers = step("papers", "running", {
      kind: "steps",
      lines: [line("body", step("invoice", "running")), line("rescue", step("by_hand"))],
    });
    const steps = [parallel("both", "running", step("pack", "running"), papers), step("ship")];
    page(snapshot(5, { steps }));

    const lines = [...document.querySelectorAll<HTMLElement>(".flow-inside")];
    expect(lines.map((list) => list.dataset["line"])).toEqual(["branch", "body 0", "rescue 0"]);
    expect(within("both", ".flow-inside > li > .flow-name")).toEqual(["pack", "papers"]);
    expect(document.querySelector("ol.flow-line")?.hasAttribute("data-tree")).toBe(true);
  });

  it("goes when the step has it no more", () => {
    const [, socket] = page(snapshot(5, { steps: [parallel("both", "running", step("pack"))] }));
    open(socket);

    socket.say(changes(6, 6, [told("both", "skipped", { kind: "parallel" })]));

    expect(document.querySelectorAll(".flow-inside")).toHaveLength(0);
  });

  it("is of a loop a count, a bar and some items", () => {
    const items = [
      item(3, "failed", { title: "Tea tin" }),
      item(19, "running", { progress: 0.5, note: "Wrapping" }),
    ];
    const counts = { total: 480, begun: 21, done: 19, failed: 1 };
    const [, socket] = page(snapshot(5, { steps: [loop("pack", counts, items)] }));
    open(socket);

    expect(within("pack", ".flow-note")).toEqual(["19 of 480 · 1 failed"]);
    expect(within("pack", ".flow-items > li > .flow-name")).toEqual(["Tea tin", "No. 20"]);
    expect(within("pack", ".flow-items > li > .flow-note")).toEqual(["failed", "Wrapping"]);
    expect(station("pack").querySelector("progress")?.value).toBeCloseTo(19.5 / 480);

    const done = loop("pack", { ...counts, done: 480, failed: 0 }, [], "succeeded");
    socket.say(changes(6, 6, [{ t: "step", ...done }]));

    expect(document.querySelectorAll(".flow-items, li progress")).toHaveLength(0);
  });

  it("may be another run, which is followed and linked", async () => {
    const delivery = step("delivery", "waiting", { kind: "workflow", child: CHILD, progress: 0.1 });
    const [element, socket] = page(snapshot(5, { steps: [delivery] }));
    element.setAttribute("page", `/flow/runs/${RUN}/`);
    open(socket);
    await Promise.resolve();

    const asked = { t: "subs", m: { [TOPIC]: { e: "7f3", o: 5 }, [`run:${CHILD}`]: null } };
    expect(socket.sent).toEqual([asked]);
    socket.say({ ...snapshot(3, { id: CHILD, percent: 60 }), c: `run:${CHILD}` });

    expect(within("delivery", ".flow-note")).toEqual(["60 %"]);
    expect(text(".flow-percent")).toBe("60 %");
    const link = station("delivery").querySelector("a");
    expect(link?.getAttribute("href")).toBe(`/flow/runs/${CHILD}/`);
    expect(heard).toEqual([]);
  });

  it("of a child that this user may not watch is as far as the run itself says", () => {
    const delivery = step("delivery", "waiting", { kind: "workflow", child: CHILD, progress: 0.1 });
    const [, socket] = page(snapshot(5, { steps: [delivery] }));
    open(socket);

    socket.say({ t: "pending", c: `run:${CHILD}` });
    socket.say({ t: "err", c: `run:${CHILD}`, code: "forbidden" });

    expect(within("delivery", ".flow-note")).toEqual(["10 %"]);
    expect(text(".flow-headline")).toBe("delivery");
  });

  it("is followed for the first runs of a page only, so that the page's own have room", async () => {
    const called = (n: number) =>
      step(`s${n}`, "waiting", { kind: "workflow", child: `${CHILD.slice(0, -2)}${n}` });
    const many = Array.from({ length: 25 }, (_, n) => called(10 + n));
    const sockets = [1, 2, 3, 4].map(() => page(snapshot(5, { steps: many }))[1]);
    for (const socket of sockets) open(socket);
    await Promise.resolve();

    const asked = sockets.map((socket) => JSON.stringify(socket.sent).split('"run:').length - 2);
    expect(asked).toEqual([20, 20, 20, 0]);
  });

  it("is not followed any more once it is decided", async () => {
    const delivery = { kind: "workflow", child: CHILD, progress: 0.1 };
    const steps = [step("delivery", "waiting", delivery), step("ship")];
    const [, socket] = page(snapshot(5, { steps }));
    open(socket);
    await Promise.resolve();

    socket.say(changes(6, 6, [told("delivery", "succeeded", delivery)]));
    await Promise.resolve();

    expect(socket.sent.at(-1)).toEqual({ t: "unsub", c: `run:${CHILD}` });
  });

  it("may wait for an answer: who may give it is shown where", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(url);
      return new Response(JSON.stringify({ approvals: [{ step: "boss", url: "/answer/" }] }));
    });
    const [element, socket] = page(
      snapshot(5, { steps: [step("reserve", "running"), step("boss")] }),
    );
    element.setAttribute("approvals", "/mine.json");
    open(socket);

    const boss = { kind: "approval", answers: { given: 0, wanted: 2 } };
    socket.say(changes(6, 6, [told("boss", "waiting", boss)]));
    await vi.waitFor(() => expect(within("boss", "a")).toEqual(["Answer"]));

    expect(asked).toEqual(["/mine.json"]);
    expect(within("boss", ".flow-note")).toEqual(["0 of 2 answers"]);
    socket.say(changes(7, 7, [told("boss", "succeeded", boss)]));
    expect(within("boss", "a")).toEqual([]);
  });

  it("does not lead to the page that one is on", async () => {
    const here = location.pathname;
    const approvals = [
      { step: "boss", url: here },
      { step: "other", url: "/answer/" },
    ];
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ approvals })));
    const asking = { kind: "approval", answers: { given: 0, wanted: 1 } };
    const [element, socket] = page(snapshot(5, { steps: [step("boss"), step("other")] }));
    element.setAttribute("approvals", "/mine.json");
    open(socket);

    socket.say(changes(6, 7, [told("boss", "waiting", asking), told("other", "waiting", asking)]));
    await vi.waitFor(() => expect(within("other", "a")).toEqual(["Answer"]));

    expect(within("boss", "a")).toEqual([]);
  });

  it("is undone with a bar of its own while that lasts", () => {
    const steps = [step("charge", "undoing", { note: "Paying back" }), step("ship", "failed")];
    const undo = { total: 3, done: 1, failed: 1 };
    const [element, socket] = page(snapshot(5, { state: "compensating", steps, undo }));
    open(socket);
    const bar = element.querySelector<HTMLProgressElement>(".flow-undo");

    expect([bar?.hidden, bar?.value, bar?.max]).toEqual([false, 2, 3]);
    expect(text(".flow-place")).toBe("1 of 3 taken back");

    socket.say(changes(6, 6, [run("failed", { undo })]));

    expect(bar?.hidden).toBe(true);
  });

  it("of the run itself runs after its end", () => {
    const [, socket] = page(snapshot(5));
    open(socket);

    socket.say(changes(6, 6, [{ t: "hook", ...step("inform", "running") }, run("failed")]));

    expect(document.querySelectorAll(".flow-hooks:not([hidden]) > li")).toHaveLength(1);
    expect(heard).toEqual(["flow-progress", "flow-failed"]);
  });
});

describe("what is shown is live, or says as of when", () => {
  it("before the server has confirmed it, as of when it was written", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);
    socket.onclose({ code: 1006, reason: "" });

    expect(element.dataset["link"]).toBe("stale");
    expect(text(".flow-link")).toMatch(/^Reconnecting, as of .*:03/);
  });

  it("is live once confirmed, and old when the socket is cut", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);
    socket.say(heartbeat(["7f3", 5]));
    expect([element.dataset["link"], text(".flow-link")]).toEqual(["live", "Live"]);

    socket.onclose({ code: 1006, reason: "" });

    expect(text(".flow-link")).toMatch(/^Reconnecting, as of/);
  });

  it("says that one is signed out, and keeps what was shown", () => {
    const [, socket] = page(snapshot(5));
    open(socket);
    socket.onclose({ code: 4401, reason: "" });
    FakeSocket.all.at(-1)?.onclose({ code: 4401, reason: "" });

    expect(text(".flow-link")).toBe("Signed out");
    expect(states()).toEqual(["running", "pending"]);
    expect(document.querySelectorAll(".flow-foot a")).toHaveLength(0);
  });

  it("leads who is signed out to where one logs in, and back", () => {
    const [element, socket] = page(snapshot(5));
    element.setAttribute("login", "/login/?theme=dark");
    open(socket);
    socket.onclose({ code: 4401, reason: "" });
    FakeSocket.all.at(-1)?.onclose({ code: 4401, reason: "" });

    const way = document.querySelector<HTMLAnchorElement>(".flow-foot a");
    const here = encodeURIComponent(`${location.pathname}${location.search}`);
    expect(way?.textContent).toBe("Log in");
    expect(way?.getAttribute("href")).toBe(`/login/?theme=dark&next=${here}`);
  });

  it("tells times as the server has written them", () => {
    const now = new Date();
    now.setHours(14, 5, 9);

    expect(clock(now.getTime())).toBe("14:05:09");
    expect(clock(new Date(2026, 2, 4, 9, 7).getTime())).toBe("2026-03-04 09:07");
  });

  it("ends with the outcome where no run will come", () => {
    const [element, socket] = page({ t: "pending", c: TOPIC });
    open(socket);

    socket.say({ t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." });

    expect(text(".flow-headline")).toBe("There was nothing to do.");
    expect(element.dataset["state"]).toBe("ended");
    expect(heard).toEqual(["flow-failed"]);
  });

  it("asks for nothing where the server has written the end already", () => {
    const end = { t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." };

    document.body.append(written(end, "/elsewhere/"));

    expect(FakeSocket.all).toHaveLength(0);
  });
});

describe("a screen reader", () => {
  it("is told the end at once", () => {
    const [, socket] = page(snapshot(5));
    open(socket);

    socket.say(changes(6, 6, [succeeded("reserve")]));
    socket.say(
      changes(7, 8, [
        succeeded("ship"),
        run("succeeded", { percent: 100, finished_at: "2026-03-02T12:00:01.000Z" }),
      ]),
    );

    expect(text(".flow-said")).toBe("All done. Took 1.0 s");
  });

  it("is told of the rest every five seconds at most, the newest", () => {
    const environment = new FakeEnvironment();
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), environment);

    for (const n of [1, 2, 3]) announcer.say(`step ${n}`);
    environment.pass(4999);
    expect(said).toEqual(["step 1"]);

    environment.pass(1);
    expect(said).toEqual(["step 1", "step 3"]);
  });

  it("is not told the same twice", () => {
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), new FakeEnvironment());

    announcer.sayNow("All done.");
    announcer.sayNow("All done.");

    expect(said).toEqual(["All done."]);
  });
});
