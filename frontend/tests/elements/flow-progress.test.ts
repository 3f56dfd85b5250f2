import { describe, expect, it, vi } from "vitest";
import { FlowProgress } from "../../src/elements/flow-progress";
import { changes, heartbeat, run, snapshot, step, succeeded, TOPIC } from "../fakes/frames";
import { FakeSocket, heard, open, page, states, text, withPage } from "../fakes/progress";

withPage();

describe("the element", () => {
  it("takes over what the server has written and goes on from there", async () => {
    const [, socket] = page(snapshot(5));
    open(socket);
    await Promise.resolve();

    expect(states()).toEqual(["running", "pending"]);
    expect(text(".flow-title")).toBe("Order 42");
    expect(socket.sent).toEqual([{ t: "subs", m: { [TOPIC]: { e: "7f3", o: 5 } } }]);
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

  it.each(["succeeded", "failed", "cancelled", "expired"])("says once that it is %s", (state) => {
    const [element, socket] = page(snapshot(5));
    open(socket);
    const said: string[] = [];
    const region = element.querySelector(".flow-said");
    if (!region) throw new Error("no region");
    const observer = new MutationObserver(() => {});
    observer.observe(region, { childList: true, characterData: true, subtree: true });
    const listen = () => {
      if (observer.takeRecords().length > 0) said.push(region.textContent);
    };

    for (const frame of [
      changes(6, 7, [run(state, { finished_at: "2026-03-02T12:00:01.000Z" })]),
      changes(6, 7, [run(state, { finished_at: "2026-03-02T12:00:01.000Z" })]),
      snapshot(7, { state }),
      { t: "hb", ts: 0, h: { [TOPIC]: ["7f3", 7] } },
    ]) {
      socket.say(frame);
      vi.advanceTimersByTime(10_000);
      listen();
    }

    expect(said).toHaveLength(1);
    expect(said[0]).toContain(text(".flow-headline"));
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
      snapshot(7, {
        state: "failed",
        failure: { kind: "said", message: "Your card was declined." },
      }),
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

describe("what the page may ask of it", () => {
  const done = { percent: 100, finished_at: "2026-03-02T12:00:01.000Z" };

  it("is to lead on when it is seen to be done", () => {
    const goes = vi.spyOn(location, "assign").mockImplementation(() => {});
    const [, socket] = page(snapshot(5), { "on-done-href": "/orders/42/" });
    open(socket);

    socket.say(changes(6, 6, [run("failed")]));
    expect(goes).not.toHaveBeenCalled();
    socket.say(changes(7, 7, [run("succeeded", done)]));

    expect(goes.mock.calls).toEqual([["/orders/42/"]]);
    goes.mockRestore();
  });

  it("is to lead on itself, by cancelling the event", () => {
    const goes = vi.spyOn(location, "assign").mockImplementation(() => {});
    const [element, socket] = page(snapshot(5), { "on-done-href": "/orders/42/" });
    element.addEventListener("flow-done", (event) => event.preventDefault());
    open(socket);

    socket.say(changes(6, 6, [run("succeeded", done)]));

    expect(goes).not.toHaveBeenCalled();
    goes.mockRestore();
  });

  it("is to say its own label", () => {
    page(snapshot(5), { label: "Your order" });

    expect(text(".flow-title")).toBe("Your order");
  });

  it("is to say when it will be done, and no more once that has passed", () => {
    vi.setSystemTime("2026-03-02T12:00:10Z");
    const eta = ["2026-03-02T12:01:00.000Z", "2026-03-02T12:02:00.000Z"];
    const [, socket] = page(snapshot(5, { usual_ms: [60_000, 120_000], eta }));
    open(socket);
    socket.say(changes(6, 5));
    expect(text(".flow-place")).toMatch(/^Step 1 of 2 · done between \S+ and \S+$/);

    for (let seconds = 0; seconds < 180; seconds += 5) {
      vi.advanceTimersByTime(5_000);
      socket.say(heartbeat(["7f3", 5]));
    }

    expect(text(".flow-place")).toBe("Step 1 of 2");
  });

  it("is to tell when it begins to wait", () => {
    const [, socket] = page(snapshot(5));
    open(socket);

    socket.say(changes(6, 6, [run("waiting")]));
    socket.say(changes(7, 7, [run("waiting")]));

    expect(heard).toEqual(["flow-progress", "flow-waiting", "flow-progress"]);
  });

  it("is to fill a ring as far as it is", () => {
    const [element] = page(snapshot(5, { percent: 40 }), { variant: "ring" });

    const ring = element.querySelector<HTMLElement>(".flow-percent");
    expect(ring?.style.getPropertyValue("--flow-share")).toBe("40");
  });

  it("is to show the newest run of a subject, and the next when there is one", async () => {
    const element = new FlowProgress();
    element.setAttribute("subject", "order/17");
    element.setAttribute("socket", "/flow/ws/subject/");
    document.body.append(element);
    const [socket] = FakeSocket.all;
    if (socket === undefined) throw new Error("no socket");
    open(socket);
    const row = (id: string, at: string) => ({
      ...{ id, workflow: "order", title: id, state: "running", percent: 0, note: "" },
      ...{ created_at: at, started_at: at, finished_at: null },
    });
    const c = "runs:subject:order/17";
    socket.say({ t: "snap", c, e: "v", o: 1, s: { runs: [row("one", "2026-01-01")] } });
    socket.say({ ...snapshot(3, { id: "one", title: "The first" }), c: "run:one" });
    expect(text(".flow-title")).toBe("The first");

    socket.say({ t: "pub", c, e: "v", f: 2, o: 2, d: [{ t: "row", ...row("two", "2026-01-02") }] });
    socket.say({ ...snapshot(1, { id: "two", title: "The second" }), c: "run:two" });
    await Promise.resolve();

    expect(text(".flow-title")).toBe("The second");
    expect(socket.sent).toContainEqual({ t: "unsubs", m: ["run:one"] });
  });
});
