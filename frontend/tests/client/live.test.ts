import { describe, expect, it, vi } from "vitest";
import { FlowError } from "../../src/client/live";
import { FakeLive } from "../fakes/live";

describe("who subscribes", () => {
  it("is told what is there, and each change, once per frame at most", () => {
    const live = new FakeLive(1);
    const told = vi.fn();
    live.subscribe(told);
    live.environment.paint();

    for (const value of [2, 3, 4]) live.become(value);
    expect(told.mock.calls.map(([value]) => value)).toEqual([1]);
    live.environment.paint();

    expect(told.mock.calls.map(([value]) => value)).toEqual([1, 4]);
    expect(told.mock.lastCall?.[1]).toMatchObject({ status: "live", stale: false });
  });

  it("is not told before anything is known, nor after he has left", () => {
    const live = new FakeLive<number>();
    const told = vi.fn();
    const stop = live.subscribe(told);
    live.environment.paint();
    expect([told.mock.calls.length, live.listeners]).toEqual([0, 1]);

    live.become(1);
    stop();
    live.environment.paint();

    expect([told.mock.calls.length, live.listeners]).toEqual([0, 0]);
  });

  it("and fails does not keep others from being told", () => {
    const live = new FakeLive(1);
    live.environment.isHolding = true;
    const told = vi.fn();
    live.listen(() => {
      throw new Error("of the page's own");
    });
    live.listen(told);

    live.become(2);

    expect(told).toHaveBeenCalledTimes(1);
    expect(() => live.environment.settle()).toThrow("of the page's own");
  });
});

describe("who waits until something holds", () => {
  it("has the first value of which it does", async () => {
    const live = new FakeLive(1);
    const found = live.until((value) => value > 2);

    for (const value of [2, 3, 4]) live.become(value);

    await expect(found).resolves.toBe(3);
    expect(live.listeners).toBe(0);
  });

  it("has it at once where it holds already", async () => {
    await expect(new FakeLive(7).until((value) => value > 2)).resolves.toBe(7);
  });

  it("is told why no value can come any more", async () => {
    const live = new FakeLive(1);
    const found = live.until((value) => value > 2);

    live.fail(new FlowError("gone", "There was nothing to do."));

    await expect(found).rejects.toMatchObject({ code: "gone", retryable: false });
  });

  it("may give up", async () => {
    const live = new FakeLive(1);
    const given = new AbortController();
    const found = live.until(() => false, { signal: given.signal });

    given.abort(new Error("no patience"));

    await expect(found).rejects.toThrow("no patience");
    expect(live.listeners).toBe(0);
  });
});

describe("who goes through the values one by one", () => {
  it("has each; the newest where they come faster", async () => {
    const live = new FakeLive(1);
    const seen: number[] = [];
    for await (const value of live) {
      seen.push(value);
      if (value === 4) break;
      live.become(value + 1);
      live.become(value + 2 > 4 ? 4 : value + 2);
    }

    expect(seen).toEqual([1, 3, 4]);
    expect(live.listeners).toBe(0);
  });
});

describe("what may succeed later", () => {
  it.each([
    ["rate", true],
    ["network", true],
    ["auth", false],
    ["forbidden", false],
  ] as const)("%s: %s", (code, retryable) => {
    expect(new FlowError(code).retryable).toBe(retryable);
  });
});
