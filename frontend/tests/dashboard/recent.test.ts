import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Recent } from "../../src/dashboard/state/recent";

type State = typeof import("../../src/dashboard/state/recent");

const KEY = "flow.recent";
const ID = "01a0b0c0-1111-7222-8333-0123456789ab";
const run = (n: number): Recent => ({ kind: "run", id: `id-${n}`, name: `Order ${n}` });
/** So many, the last one first. */
const runs = (count: number) => Array.from({ length: count }, (_, at) => run(count - at));

let state: State;

/** The user of that key opens the dashboard, and has these permissions. */
async function open(key: string, permissions: readonly string[] = ["view_run"]): Promise<void> {
  const script = document.createElement("script");
  script.type = "application/json";
  script.id = "flow-page";
  script.textContent = JSON.stringify({ base: "/flow/", user: { key, name: key, permissions } });
  document.body.replaceChildren(script);
  vi.resetModules();
  state = await import("../../src/dashboard/state/recent");
  state.forgetOthers();
}

beforeEach(() => open("7"));

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  document.body.replaceChildren();
});

const names = () => state.recent().map(({ name }) => name);

describe("what was looked at last", () => {
  it("has the newest first, and each thing once, by the name it had last", () => {
    for (const each of [run(1), run(2), { ...run(1), name: "Order 1, paid" }]) state.remember(each);

    expect(names()).toEqual(["Order 1, paid", "Order 2"]);
  });

  it("is two things where a run and an event have one id", () => {
    state.remember(run(1));
    state.remember({ ...run(1), kind: "event" });

    expect(state.recent()).toHaveLength(2);
  });

  it("is bounded, in number and in size", () => {
    for (const each of runs(50).reverse()) {
      state.remember({ ...each, name: "\u0001".repeat(10_000) });
      state.remember({ ...each, id: "x".repeat(10_000) });
    }

    expect(state.recent()).toHaveLength(state.SHOWN_MAX + 1);
    expect(localStorage.getItem(KEY)?.length).toBeLessThan(32_000);
  });

  it("is there again when the page is loaded anew", async () => {
    state.remember(run(1));

    await open("7");

    expect(names()).toEqual(["Order 1"]);
  });
});

describe("the ways back", () => {
  it("are seven at most, and none leads to where one is", () => {
    const shown = state.waysBack(runs(8), "/flow/runs/id-7").map(({ name }) => name);

    expect(shown).toEqual([8, 6, 5, 4, 3, 2, 1].map((n) => `Order ${n}`));
    expect(state.waysBack(runs(8), "/flow/")).toHaveLength(7);
  });

  it("say what a thing is, and which, and lead to its page", async () => {
    await open("7", ["view_run", "view_dead_letter", "view_workflowrecord"]);
    const ways = state.waysBack(
      [
        { kind: "run", id: ID, name: "Order 1042" },
        { kind: "cause", id: ID, name: "CardTimeout" },
        { kind: "letter", id: ID, name: "failed run: order" },
        { kind: "replay", id: ID, name: "Replay" },
        { kind: "workflow", id: "order", name: "order" },
      ],
      "/flow/",
    );

    expect(ways.map(({ says, url }) => [says, url])).toEqual([
      ["Run 456789ab", `/flow/runs/${ID}`],
      ["Cause 456789ab", `/flow/dead/${ID}`],
      ["Dead letter 456789ab", `/flow/dead/letters/${ID}`],
      ["Replay 456789ab", `/flow/replays/${ID}`],
      ["Definition", "/flow/definitions/order"],
    ]);
  });

  it("never lead to what one may not see any more", () => {
    const things: Recent[] = [run(1), { kind: "event", id: ID, name: "order.placed" }];

    expect(state.waysBack(things, "").map(({ name }) => name)).toEqual(["Order 1"]);
  });

  it("never lead out of the place where such things are", () => {
    const [way] = state.waysBack([{ kind: "run", id: "../../admin/?x", name: "Order" }], "");

    expect(way?.url).toBe("/flow/runs/..%2F..%2Fadmin%2F%3Fx");
  });
});

describe("a page that says that its thing is not there", () => {
  const problem = { title: "Not found", detail: "", code: "", errors: [] };

  /** The page of the first of two things that were looked at, which says so with that status. */
  async function say(status: number): Promise<void> {
    for (const each of [run(2), run(1)]) state.remember(each);
    history.replaceState(null, "", "/flow/runs/id-1");
    const { ProblemScreen } = await import("../../src/dashboard/parts/problem");
    const { h, render } = await import("preact");
    const { act } = await import("preact/test-utils");
    await act(() => render(h(ProblemScreen, { problem: { ...problem, status } }), document.body));
  }

  it("leaves no way back to it, and those to others", async () => {
    await say(404);

    expect(names()).toEqual(["Order 2"]);
  });

  it("leaves it where nobody has answered", async () => {
    await say(0);

    expect(names()).toEqual(["Order 1", "Order 2"]);
  });
});

describe("what is left in the browser", () => {
  it("is gone when another user comes, and does not come back with the first", async () => {
    state.remember(run(1));

    await open("8");
    expect(names()).toEqual([]);
    expect(localStorage.getItem(KEY)).toBeNull();
    await open("7");

    expect(names()).toEqual([]);
  });

  it("is gone when it is forgotten", () => {
    state.remember(run(1));

    state.forget();

    expect(localStorage.getItem(KEY)).toBeNull();
  });

  it("has a kind, an id and a name of each thing, and nothing else", () => {
    state.remember({ ...run(1), input: "4111" } as Recent);

    const kept = JSON.parse(localStorage.getItem(KEY) ?? "");
    expect(kept).toEqual({ user: "/flow/ 7", things: [run(1)] });
  });

  it.each([
    ["no JSON", "{"],
    ["another JSON", "[1]"],
    ["no list", '{"user":"7","things":7}'],
    ["endless", `{"user":"7","things":[],"more":"${"x".repeat(40_000)}"}`],
  ])("is nothing where it is %s, and is written anew", (_, text) => {
    localStorage.setItem(KEY, text);

    expect(state.recent()).toEqual([]);
    state.remember(run(1));

    expect(names()).toEqual(["Order 1"]);
  });

  it("is what can be read of it, where some cannot", () => {
    const things = [
      null,
      { kind: "constructor", id: "1", name: "a" },
      { kind: "run", id: 1, name: "b" },
      { kind: "run", id: "", name: "c" },
      { kind: "run", id: "1", name: "" },
      run(2),
      run(2),
    ];
    localStorage.setItem(KEY, JSON.stringify({ user: "/flow/ 7", things }));

    expect(state.recent()).toEqual([run(2)]);
  });

  it("is nothing, and nobody is disturbed, where the browser keeps nothing", () => {
    const refuse = () => {
      throw new DOMException("", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });

    state.remember(run(1));
    state.forget();

    expect(state.recent()).toEqual([]);
    vi.unstubAllGlobals();
  });
});
