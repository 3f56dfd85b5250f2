import { beforeEach, describe, expect, it, vi } from "vitest";
import { page, press, put, settle, snap, texts, toasts, withPage } from "../fakes/inbox";
import { FakeSocket } from "../fakes/progress";

withPage();

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
