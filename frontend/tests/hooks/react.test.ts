import { act, createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FlowError } from "../../src/client/live";
import { useInbox, useLive, useRun } from "../../src/react";
import { FakeLive } from "../fakes/live";
import { FakeSocket } from "../fakes/progress";
import { ITEMS, run, told } from "./told";

let place: HTMLElement;
let root: Root;

function Shown({ live }: { live: FakeLive<number> }) {
  const { value, meta, error } = useLive(live);
  return createElement("p", null, `${value ?? "nothing"} ${meta.status} ${error?.code ?? "fine"}`);
}

async function show(live: FakeLive<number>): Promise<void> {
  await act(async () => root.render(createElement(Shown, { live })));
}

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  place = document.createElement("div");
  root = createRoot(place);
});

afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
});

describe("a component that follows a live value", () => {
  it("shows it, and what it becomes", async () => {
    const live = new FakeLive(1);
    await show(live);
    expect(place.textContent).toBe("1 live fine");

    await act(async () => {
      live.become(2);
      live.environment.paint();
    });

    expect(place.textContent).toBe("2 live fine");
  });

  it("shows why none will come", async () => {
    const live = new FakeLive<number>();
    await show(live);

    await act(async () => live.fail(new FlowError("forbidden")));

    expect(place.textContent).toBe("nothing denied forbidden");
  });

  it("shows at once another that it is given, and leaves the last", async () => {
    const [first, second] = [new FakeLive(1), new FakeLive(7)];
    await show(first);

    await show(second);

    expect(place.textContent).toBe("7 live fine");
    expect([first.listeners, second.listeners]).toEqual([0, 1]);
  });

  it("leaves it when it goes", async () => {
    const live = new FakeLive(1);
    await show(live);

    await act(async () => root.render(null));

    expect(live.listeners).toBe(0);
  });
});

describe("a component that names what it follows", () => {
  beforeEach(() => vi.stubGlobal("WebSocket", FakeSocket));

  it("shows a run by its id, and the inbox or a part of it, over one socket", async () => {
    function Page() {
      const order = useRun("r1").value?.title;
      const items = useInbox({ tab: "unread", limit: 1 }).value?.items;
      const all = useInbox().value?.items.length;
      return createElement("p", null, `${order} ${items?.map((item) => item.id)} of ${all}`);
    }
    await act(async () => root.render(createElement(Page)));

    await act(async () => told(run("r1"), ITEMS));

    await vi.waitFor(() => expect(place.textContent).toBe("Order r1 b of 3"));
    expect(FakeSocket.all).toHaveLength(1);
  });
});
