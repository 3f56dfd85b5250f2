import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { moved } from "../../src/dashboard/parts/row-keys";
import { Table } from "../../src/dashboard/parts/table";
import { around, slotsOf } from "../../src/dashboard/parts/table-window";
import { isPaused, NO_REASON, pausedBecause } from "../../src/dashboard/state/pause";
import { begun } from "../../src/dashboard/state/rows";
import { Selection } from "../../src/dashboard/state/selection";

const IDS = Array.from({ length: 10_000 }, (_, n) => `run-${n}`);
const COLUMNS = [{ key: "id", title: "Id", width: "1fr", cell: (id: string) => id }];

let page: HTMLElement;

beforeEach(() => {
  // Nothing has a size here, and what has none shows no rows.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(2_160);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1_280);
  page = document.createElement("div");
  document.body.append(page);
});

afterEach(() => {
  act(() => render(null, page));
  page.remove();
  vi.restoreAllMocks();
});

interface Given {
  readonly ids?: readonly string[];
  readonly waiting?: readonly string[];
  readonly selection?: Selection;
  readonly onPause?: (isPaused: boolean) => void;
  readonly onRelease?: () => void;
}

async function show({ ids = IDS, waiting = [], ...more }: Given = {}): Promise<void> {
  const rows = { ...begun({ items: ids, next: null }), waiting };
  await act(() => {
    render(
      <Table
        label="Runs"
        rows={rows}
        columns={COLUMNS}
        idOf={(id) => id}
        hrefOf={(id) => `/flow/runs/${id}`}
        empty="There is nothing."
        {...more}
      />,
      page,
    );
  });
}

const rowsShown = () => [...page.querySelectorAll<HTMLElement>("[role=row][data-id]")];
const grid = () => page.querySelector<HTMLElement>("[role=grid]");

async function send(name: string): Promise<void> {
  await act(() => {
    grid()?.dispatchEvent(new Event(name));
  });
}

/** As one who scrolls: the event comes, and what rests is told later. */
async function scrollTo(top: number): Promise<void> {
  await act(() => {
    const scroller = grid();
    if (scroller) scroller.scrollTop = top;
    scroller?.dispatchEvent(new Event("scroll"));
  });
}

async function press(target: Element | null | undefined, key: string): Promise<void> {
  await act(() => {
    target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
}

describe("a table", () => {
  it("has at most 80 rows in the page, of ten thousand, on the highest screen", async () => {
    await show();

    expect(rowsShown().length).toBeGreaterThan(60);
    expect(rowsShown().length).toBeLessThanOrEqual(80);
    expect(grid()?.getAttribute("aria-rowcount")).toBe("10001");
  });

  it("says what to do where there are no rows", async () => {
    await show({ ids: [] });

    expect(page.textContent).toContain("There is nothing.");
    expect(grid()).toBeNull();
  });

  it("stands still while the pointer or the focus is in it, and says why", async () => {
    const told: boolean[] = [];
    const onPause = (isPaused: boolean) => told.push(isPaused);
    await show({ onPause });

    await send("pointerenter");
    expect(page.textContent).toContain("paused: you hover");
    await send("pointerleave");
    await act(() => rowsShown()[0]?.focus());
    await act(() => rowsShown()[0]?.blur());

    expect(told).toEqual([false, true, false, true, false]);
  });

  it("counts what waits, and shows it when asked to", async () => {
    const onRelease = vi.fn();
    await show({ waiting: ["new-1", "new-2"], onRelease });
    onRelease.mockClear();

    const news = page.querySelector<HTMLButtonElement>(".news");
    expect(news?.textContent).toBe("▲ 2 new");
    await act(() => news?.click());

    expect(onRelease).toHaveBeenCalledOnce();
  });

  it("is walked by keys, and keeps the row it is at when others come in above", async () => {
    await show({ ids: ["a", "b", "c"] });

    await act(() => rowsShown()[0]?.focus());
    await press(document.activeElement, "j");
    expect(document.activeElement?.getAttribute("data-id")).toBe("b");
    await show({ ids: ["z", "y", "a", "b", "c"] });

    expect(document.activeElement?.getAttribute("data-id")).toBe("b");
    await press(document.activeElement, "ArrowDown");
    expect(document.activeElement?.getAttribute("data-id")).toBe("c");
  });

  it("chooses rows by key, which holds it still", async () => {
    const selection = new Selection();
    await show({ ids: ["a", "b"], selection });

    await act(() => rowsShown()[1]?.focus());
    await press(document.activeElement, "x");
    await show({ ids: ["a", "b"], selection });

    expect([...selection.ids.value]).toEqual(["b"]);
    expect(page.querySelector('[data-id="b"]')?.getAttribute("aria-selected")).toBe("true");
  });

  it("draws the rows that come in sight with the nodes of those that go, and makes none", async () => {
    await show();
    await scrollTo(4_000);
    const came = new Set<Node>();
    const watch = new MutationObserver((found) => {
      for (const { addedNodes } of found) for (const node of addedNodes) came.add(node);
    });
    watch.observe(page, { childList: true, subtree: true });

    for (const top of [4_100, 5_000, 5_120, 300_000]) await scrollTo(top);

    const shown = rowsShown().map(({ dataset }) => dataset["id"]);
    expect(shown).toContain("run-9375");
    expect(shown).not.toContain("run-156");
    watch.disconnect();
    expect([...came].filter((node) => node instanceof Element)).toEqual([]);
  });

  it("keeps the row that has the focus, and the focus, however far one scrolls", async () => {
    await show();
    const row = rowsShown()[7];
    await act(() => row?.querySelector("a")?.focus());

    await scrollTo(300_000);
    await vi.waitFor(() => expect(rowsShown().at(-1)?.dataset["at"]).toBe("9448"));

    expect(row?.getAttribute("data-id")).toBe("run-7");
    expect(row?.contains(document.activeElement)).toBe(true);
  });

  it("has its rows in the page in their order, as they are read out, once it rests", async () => {
    await show();

    await scrollTo(5_000);
    await scrollTo(4_000);

    const order = () => rowsShown().map(({ dataset }) => Number(dataset["at"]));
    expect(order()).not.toEqual(order().toSorted((a, b) => a - b));
    await vi.waitFor(() => expect(order()).toEqual(order().toSorted((a, b) => a - b)));
    expect(order()).toContain(125);
  });
});

describe("the nodes of rows", () => {
  it("stay those of the rows that stay, in their order while it is scrolled", () => {
    const first = slotsOf(["a", "b", "c"], new Map(), false);
    const next = slotsOf(["c", "d", "e"], first, true);

    expect([...first]).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]);
    expect(next.get("c")).toBe(2);
    expect([...next.values()]).toEqual([0, 1, 2]);
    expect([...slotsOf(["c", "d", "e"], next, false).keys()]).toEqual(["c", "d", "e"]);
  });

  it("are as many at the ends as in the middle", () => {
    const range = (startIndex: number) => ({ startIndex, endIndex: 0, overscan: 5, count: 100 });

    const many = [0, 3, 50, 97].map((at) => around(range(at), 20, -1).length);
    expect(many).toEqual([30, 30, 30, 30]);
    expect(around(range(97), 20, -1).at(-1)).toBe(99);
    expect(around({ ...range(0), count: 4 }, 20, -1)).toEqual([0, 1, 2, 3]);
  });

  it("are one more where the row of the keys is out of sight", () => {
    const range = { startIndex: 50, endIndex: 0, overscan: 5, count: 100 };

    expect(around(range, 20, 3)[0]).toBe(3);
    expect(around(range, 20, 99).at(-1)).toBe(99);
    expect(around(range, 20, 60)).toHaveLength(30);
    expect(around(range, 20, 100)).toHaveLength(30);
  });
});

describe("a list stands still", () => {
  it.each([
    [NO_REASON, ""],
    [{ ...NO_REASON, pointer: true }, "paused: you hover"],
    [{ ...NO_REASON, focus: true }, "paused: you are in the list"],
    [{ ...NO_REASON, chosen: 3, pointer: true }, "paused: 3 selected"],
    [{ ...NO_REASON, asked: true, chosen: 1 }, "paused"],
  ])("for a reason: %o", (reasons, words) => {
    expect(pausedBecause(reasons)).toBe(words);
    expect(isPaused(reasons)).toBe(words !== "");
  });
});

describe("keys of a list", () => {
  it("lead to a row that there is", () => {
    expect(moved("j", 2, 3, 10)).toBe(2);
    expect(moved("k", 0, 3, 10)).toBe(0);
    expect(moved("PageDown", 0, 30, 10)).toBe(10);
    expect(moved("End", 0, 30, 10)).toBe(29);
  });

  it("lead nowhere where there is none, and leave other keys alone", () => {
    expect(moved("j", -1, 0, 10)).toBeNull();
    expect(moved("q", 0, 3, 10)).toBeNull();
  });
});
