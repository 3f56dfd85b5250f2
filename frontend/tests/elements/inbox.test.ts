import { describe, expect, it, vi } from "vitest";
import { inbox, item, page, posted, press, settle, snap, texts, withPage } from "../fakes/inbox";

withPage();

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

  it("has as many items as the page wants, and counts all of them", () => {
    page((url) => inbox(url, snap(item("3"), item("2"), item("1")), 'page-size="2"'));

    expect(texts("ul .flow-name")).toEqual(["Order 3", "Order 2"]);
    expect(texts(".flow-badge")).toEqual(["3"]);
  });
});
