import { describe, expect, it, vi } from "vitest";
import { item, page, snap, texts, toasts, withPage } from "../fakes/inbox";
import type { FakeSocket } from "../fakes/progress";

withPage();

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

  it("wait while the focus is in them, and F8 leads to the newest", () => {
    const socket = page(toasts);
    socket.say(snap());
    comes(socket, 2, item("1"));
    comes(socket, 3, item("2"));

    document.dispatchEvent(new KeyboardEvent("keydown", { key: "F8" }));
    const focused = document.activeElement?.closest<HTMLElement>("[data-id]")?.dataset["id"];
    vi.advanceTimersByTime(60_000);
    const held = texts("ol .flow-name");
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));

    expect([focused, held]).toEqual(["2", ["Order 1", "Order 2"]]);
    expect(texts("ol .flow-name")).toEqual(["Order 1"]);
  });

  it("are as many, and as long, as the page wants", () => {
    const socket = page((url) =>
      toasts(url).replace("<flow-toasts", '<flow-toasts max="1" duration="900"'),
    );
    socket.say(snap());
    comes(socket, 2, item("1"));
    comes(socket, 3, item("2"));

    const shown = texts("ol .flow-name");
    vi.advanceTimersByTime(1_000);

    expect([shown, texts("ol .flow-name")]).toEqual([["Order 2"], []]);
  });
});
