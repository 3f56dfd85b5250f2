import { describe, expect, it } from "vitest";
import { BACKOFF, delayBefore } from "../../src/client/backoff";
import { verdictOf } from "../../src/client/codes";

describe("the wait before an attempt to connect", () => {
  it("is never shorter than half a second", () => {
    expect(delayBefore(0, () => 0, BACKOFF)).toBe(500);
    expect(delayBefore(50, () => 0, BACKOFF)).toBe(500);
  });

  it("grows with the attempts, to five seconds at most", () => {
    const longest = [0, 1, 2, 3, 4, 99].map((n) => delayBefore(n, () => 1, BACKOFF));

    expect(longest).toEqual([1000, 2000, 4000, 5000, 5000, 5000]);
  });

  it("grows to twenty seconds where nobody sees the page", () => {
    expect(delayBefore(99, () => 1, BACKOFF, true)).toBe(20_000);
  });
});

describe("a close code", () => {
  it.each([
    [4401, "signed-out"],
    [4403, "forbidden"],
  ])("%d means: stay away", (code, reason) => {
    expect(verdictOf(code, "")).toBe(reason);
  });

  it.each([
    1000, 1001, 1005, 1006, 1009, 1011, 1012, 4008, 4400, 4999,
  ])("%d means: come back soon", (code) => {
    expect(verdictOf(code, "")).toBe(0);
  });

  it.each([
    [4429, "2500", 2500],
    [4429, "", 5000],
    [4429, "-1", 0],
    [4429, "99999999", 60000],
    [1012, "1500", 1500],
  ])("%d with the reason «%s» says when to come back", (code, reason, delayMs) => {
    expect(verdictOf(code, reason)).toBe(delayMs);
  });
});
