import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CauseList } from "../../src/dashboard/pages/dead/causes";
import type { Group } from "../../src/dashboard/pages/dead/words";
import { begun } from "../../src/dashboard/state/rows";

let page: HTMLElement;
/** What the list was told, in order. */
let told: string[];

beforeEach(() => {
  page = document.createElement("div");
  document.body.append(page);
  told = [];
});

afterEach(() => {
  act(() => render(null, page));
  page.remove();
});

const cause = (id: string, minute: number): Group => ({
  ...{ id, kind: "failed run", code: "FE421", error_type: id, place: "", step: "" },
  ...{ state: "new", owner: "", note: "", count: 1, open_count: 1, closed_count: 0, hours: [] },
  ...{ first_at: "2026-03-02T14:00:00Z", last_at: `2026-03-02T14:0${minute}:00Z` },
  ...{ state_at: "2026-03-02T14:00:00Z", snoozed_until: null, split_by: null },
  ...{ title: "", workflow: "order" },
});

const show = (shown: readonly Group[], waiting: readonly Group[] = []) =>
  act(() => {
    const list = {
      rows: { ...begun({ items: shown, next: null }), waiting },
      pause: (isPaused: boolean) => void told.push(isPaused ? "still" : "moves"),
      release: () => void told.push("release"),
    };
    render(<CauseList list={list} />, page);
  });

const names = () => [...page.querySelectorAll(".cause-link")].map((each) => each.textContent);
const send = (event: Event) => act(() => void page.querySelector(".causes")?.dispatchEvent(event));

describe("the list of causes", () => {
  it("is in the order of their last failure, each once", async () => {
    await show([cause("A", 2), cause("B", 1)]);
    await show([cause("B", 3), cause("A", 2), cause("B", 1)]);

    expect(names()).toEqual(["B", "A"]);
  });

  it("stands as it is while the pointer is in it, and says so", async () => {
    await show([cause("A", 2), cause("B", 1)]);

    await send(new PointerEvent("pointerenter", { pointerType: "mouse" }));
    await show([cause("A", 2), cause("B", 3)], [cause("C", 4)]);

    expect(names()).toEqual(["A", "B"]);
    expect(page.textContent).toContain("▲ 1 new");
    expect(page.textContent).toContain("paused: you hover");
    expect(told.at(-1)).toBe("still");

    await send(new PointerEvent("pointerleave"));
    expect(names()).toEqual(["B", "A"]);
    expect(told.slice(-2)).toEqual(["moves", "release"]);
  });

  it("stands as it is while the focus is in it", async () => {
    await show([cause("A", 2), cause("B", 1)]);

    await act(() => page.querySelector<HTMLElement>(".cause-link")?.focus());
    await show([cause("A", 2), cause("B", 3)]);

    expect(names()).toEqual(["A", "B"]);
  });
});
