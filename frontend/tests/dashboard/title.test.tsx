import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isSignedOut } from "../../src/dashboard/http/ask";
import { forgetWithSession, useThing } from "../../src/dashboard/parts/thing";
import { recent } from "../../src/dashboard/state/recent";
import { screenTitle, titleOf, watchTitle } from "../../src/dashboard/state/title";

const RUN = { title: "Run", place: "Runs" };

let page: HTMLElement;
let stop: () => void;
let written: string[];
let witness: MutationObserver;

beforeEach(() => {
  page = document.createElement("div");
  screenTitle.value = RUN;
  stop = watchTitle();
  written = [];
  witness = new MutationObserver(() => written.push(document.title));
  witness.observe(document.head, { childList: true, characterData: true, subtree: true });
});

afterEach(() => {
  witness.disconnect();
  act(() => render(null, page));
  stop();
  localStorage.clear();
});

interface Given {
  readonly id?: string;
  readonly name?: string | undefined;
  readonly state?: string;
}

function Screen({ id = "1", name, state }: Given) {
  useThing({ kind: "run", id, name, state });
  return null;
}

const show = (given: Given) => act(() => render(<Screen {...given} />, page));

describe("the title of a tab", () => {
  it("has the thing first, how it stands, and where such things are", () => {
    expect(titleOf(RUN, { name: "Order 1042", state: "failed" })).toBe(
      "Order 1042 · failed · Runs · flow",
    );
  });

  it("is that of the screen where it is of no one thing", () => {
    expect(titleOf({ title: "Audit", place: "Audit" }, null)).toBe("Audit · flow");
    expect(titleOf({ title: "", place: "" }, null)).toBe("flow");
  });

  it("still says the state of a thing with an endless name", () => {
    const title = titleOf(RUN, { name: "🍵".repeat(500), state: "failed" });

    expect(title).toBe(`${"🍵".repeat(79)}… · failed · Runs · flow`);
  });

  it("says the thing when it is known, and the next one only when that is", async () => {
    await show({});
    expect(document.title).toBe("Run · flow");

    await show({ name: "Order 1", state: "failed" });
    expect(document.title).toBe("Order 1 · failed · Runs · flow");

    await show({ id: "2" });
    expect(document.title).toBe("Run · flow");
  });

  it("has nothing of a thing that is no longer shown", async () => {
    await show({ name: "Order 1", state: "failed" });

    act(() => render(null, page));
    screenTitle.value = { title: "Events", place: "Events" };

    expect(document.title).toBe("Events · flow");
  });

  it("is written once for all states that pass, and once when the thing has come to rest", async () => {
    for (const state of ["queued", "running", "waiting", "running", "waiting", "held"])
      await show({ name: "Order 1", state });
    await show({ name: "Order 1", state: "held" });

    expect(written).toEqual(["Order 1 · Runs · flow", "Order 1 · held · Runs · flow"]);
  });
});

describe("a thing that was shown", () => {
  it("can be gone back to, once its name is known", async () => {
    await show({});
    expect(recent()).toEqual([]);

    await show({ name: "Order 1", state: "failed" });

    expect(recent()).toEqual([{ kind: "run", id: "1", name: "Order 1" }]);
  });

  it("is forgotten when the session is over, and nothing is kept from then on", async () => {
    const end = forgetWithSession();
    await show({ name: "Order 1" });

    isSignedOut.value = true;
    await show({ id: "2", name: "Order 2" });

    expect(localStorage.getItem("flow.recent")).toBeNull();
    isSignedOut.value = false;
    end();
  });
});
