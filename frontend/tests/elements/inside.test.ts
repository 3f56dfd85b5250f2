import { describe, expect, it, vi } from "vitest";
import {
  CHILD,
  changes,
  item,
  line,
  loop,
  parallel,
  RUN,
  run,
  snapshot,
  step,
  TOPIC,
  told,
} from "../fakes/frames";
import { heard, loaded, open, page, text, withPage } from "../fakes/progress";

withPage();

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

  it("is shown below it: branches in one list, other lines each in its own", async () => {
    const papers = step("papers", "running", {
      kind: "steps",
      lines: [line("body", step("invoice", "running")), line("rescue", step("by_hand"))],
    });
    const steps = [parallel("both", "running", step("pack", "running"), papers), step("ship")];
    page(snapshot(5, { steps }));
    await loaded();

    const lines = [...document.querySelectorAll<HTMLElement>(".flow-inside")];
    expect(lines.map((list) => list.dataset["line"])).toEqual(["branch", "body 0", "rescue 0"]);
    expect(within("both", ".flow-inside > li > .flow-name")).toEqual(["pack", "papers"]);
    expect(document.querySelector("ol.flow-line")?.hasAttribute("data-tree")).toBe(true);
  });

  it("goes when the step has it no more", async () => {
    const [, socket] = page(snapshot(5, { steps: [parallel("both", "running", step("pack"))] }));
    open(socket);
    await loaded();

    socket.say(changes(6, 6, [told("both", "skipped", { kind: "parallel" })]));

    expect(document.querySelectorAll(".flow-inside")).toHaveLength(0);
  });

  it("is of a loop a count, a bar and some items", async () => {
    const items = [
      item(3, "failed", { title: "Tea tin" }),
      item(19, "running", { progress: 0.5, note: "Wrapping" }),
    ];
    const counts = { total: 480, begun: 21, done: 19, failed: 1 };
    const [, socket] = page(snapshot(5, { steps: [loop("pack", counts, items)] }));
    open(socket);
    await loaded();

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
    element.setAttribute("page", `/flow/my/runs/${RUN}/`);
    open(socket);
    await loaded();
    await Promise.resolve();

    expect(socket.sent).toEqual([
      { t: "subs", m: { [TOPIC]: { e: "7f3", o: 5 } } },
      { t: "subs", m: { [`run:${CHILD}`]: null } },
    ]);
    socket.say({ ...snapshot(3, { id: CHILD, percent: 60 }), c: `run:${CHILD}` });

    expect(within("delivery", ".flow-note")).toEqual(["60 %"]);
    expect(text(".flow-percent")).toBe("60 %");
    const link = station("delivery").querySelector("a");
    expect(link?.getAttribute("href")).toBe(`/flow/my/runs/${CHILD}/`);
    expect(heard).toEqual([]);
  });

  it("of a child that this user may not watch is as far as the run itself says", async () => {
    const delivery = step("delivery", "waiting", { kind: "workflow", child: CHILD, progress: 0.1 });
    const [, socket] = page(snapshot(5, { steps: [delivery] }));
    open(socket);
    await loaded();

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
    await loaded();
    await Promise.resolve();

    const asked = sockets.map((socket) => JSON.stringify(socket.sent).split('"run:').length - 2);
    expect(asked).toEqual([20, 20, 20, 0]);
  });

  it("is not followed any more once it is decided", async () => {
    const delivery = { kind: "workflow", child: CHILD, progress: 0.1 };
    const steps = [step("delivery", "waiting", delivery), step("ship")];
    const [, socket] = page(snapshot(5, { steps }));
    open(socket);
    await loaded();
    await Promise.resolve();

    socket.say(changes(6, 6, [told("delivery", "succeeded", delivery)]));
    await Promise.resolve();

    expect(socket.sent.at(-1)).toEqual({ t: "unsubs", m: [`run:${CHILD}`] });
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
    await loaded();

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
    await loaded();

    socket.say(changes(6, 7, [told("boss", "waiting", asking), told("other", "waiting", asking)]));
    await vi.waitFor(() => expect(within("other", "a")).toEqual(["Answer"]));

    expect(within("boss", "a")).toEqual([]);
  });

  it("is undone with a bar of its own while that lasts", async () => {
    const steps = [step("charge", "undoing", { note: "Paying back" }), step("ship", "failed")];
    const undo = { total: 3, done: 1, failed: 1 };
    const [element, socket] = page(snapshot(5, { state: "compensating", steps, undo }));
    open(socket);
    await loaded();
    const bar = element.querySelector<HTMLProgressElement>(".flow-undo");

    expect([bar?.hidden, bar?.value, bar?.max]).toEqual([false, 2, 3]);
    expect(text(".flow-place")).toBe("1 of 3 taken back");

    socket.say(changes(6, 6, [run("failed", { undo })]));

    expect(bar?.hidden).toBe(true);
  });

  it("of the run itself runs after its end", async () => {
    const [, socket] = page(snapshot(5));
    open(socket);
    await loaded();

    socket.say(changes(6, 6, [{ t: "hook", ...step("inform", "running") }, run("failed")]));
    await loaded();

    expect(document.querySelectorAll(".flow-hooks:not([hidden]) > li")).toHaveLength(1);
    expect(heard).toEqual(["flow-progress", "flow-failed"]);
  });
});
