import { describe, expect, it } from "vitest";
import { brief, clock, exact, relative, span, zoneName } from "../../src/dashboard/state/time";

const NOON = Date.parse("2026-03-02T12:00:00Z");
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("an instant", () => {
  it.each([
    [0, "now"],
    [12 * SECOND, "12 s ago"],
    [59_999, "59 s ago"],
    [4 * MINUTE, "4 min ago"],
    [23 * HOUR, "23 h ago"],
    [-90 * SECOND, "in 1 min"],
  ])("is told by how long ago it was: %i ms", (ms, words) => {
    expect(relative(NOON - ms, NOON)).toBe(words);
  });

  it("is told by its date where it is a day ago", () => {
    expect(relative(NOON - 24 * HOUR, NOON)).toBeNull();
  });

  it("has the date only where that is another day in the zone of the page", () => {
    const late = Date.parse("2026-03-01T23:30:00Z");

    expect(clock(late, NOON, "UTC")).toBe("2026-03-01 23:30:00");
    expect(clock(late, NOON, "Europe/Berlin")).toBe("00:30:00");
  });

  it("is told with no more of its date than it takes to know it", () => {
    const late = Date.parse("2026-03-01T23:30:00Z");

    expect(brief(late, NOON, "UTC")).toBe("1 Mar 23:30");
    expect(brief(late, NOON, "Europe/Berlin")).toBe("00:30:00");
    expect(brief(Date.parse("2025-12-31T22:30:00Z"), NOON, "UTC")).toBe("31 Dec 2025");
    expect(brief(Date.parse("2025-12-31T23:30:00Z"), NOON, "Europe/Berlin")).toBe("1 Jan 00:30");
  });

  it("is told whole with the offset that held then", () => {
    expect(exact(NOON + 42, "Europe/Berlin")).toBe("2026-03-02 13:00:00.042 UTC+1");
    expect(exact(Date.parse("2026-07-02T12:00:00Z"), "Europe/Berlin")).toBe(
      "2026-07-02 14:00:00.000 UTC+2",
    );
    expect(exact(NOON, "UTC")).toBe("2026-03-02 12:00:00.000 UTC");
    expect(exact(NOON, "America/St_Johns")).toBe("2026-03-02 08:30:00.000 UTC-3:30");
    expect(exact(NOON, "Asia/Kolkata")).toBe("2026-03-02 17:30:00.000 UTC+5:30");
  });

  it("is told by the offset of its own side of the hour in which clocks change", () => {
    const change = Date.parse("2026-03-29T01:00:00Z");

    expect(exact(change - 1, "Europe/Berlin")).toBe("2026-03-29 01:59:59.999 UTC+1");
    expect(exact(change, "Europe/Berlin")).toBe("2026-03-29 03:00:00.000 UTC+2");
  });

  it("says which zone it is in", () => {
    expect(zoneName(NOON, "Europe/Berlin")).toBe("Europe/Berlin (UTC+1)");
    expect(zoneName(NOON, "UTC")).toBe("UTC");
  });
});

describe("a span of time", () => {
  it.each([
    [-5, "0 ms"],
    [41, "41 ms"],
    [999.4, "999 ms"],
    [4_190, "4.1 s"],
    [9_999, "9.9 s"],
    [59_999, "59 s"],
    [114 * SECOND, "1:54"],
    [2 * HOUR + 5 * MINUTE, "2 h 05"],
    [76 * HOUR, "3 d 4 h"],
  ])("is told in two units at most: %i ms", (ms, words) => {
    expect(span(ms)).toBe(words);
  });
});
