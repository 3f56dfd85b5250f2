import { describe, expect, it } from "vitest";
import { textDiff } from "../../src/dashboard/parts/text-diff";

const lines = (text: string) => text.split("").join("\n");
const told = (before: string, after: string) =>
  textDiff(lines(before), lines(after))
    .map(({ sign, line }) => (sign === "…" ? "…" : sign.trim() + line))
    .join(" ");

describe("the difference of two texts", () => {
  it("names what went and what came, with what stands around it", () => {
    expect(told("abc", "axc")).toBe("a -b +x c");
  });

  it("leaves out what is far from any change", () => {
    expect(told("abcdefghij", "Xbcdefghij")).toBe("-a +X b c d …");
    expect(told("abcdefghij", "abcdefghiX")).toBe("… g h i -j +X");
  });

  it("is nothing but a gap where both are alike", () => {
    expect(told("abc", "abc")).toBe("…");
  });

  it("keeps as many lines as both have in common", () => {
    const kept = textDiff(lines("abcab"), lines("cab")).filter(({ sign }) => sign === " ");
    expect(kept).toHaveLength(3);
  });

  it("tells of a text that is new, and of one that is gone", () => {
    expect(textDiff("", "a").map(({ sign }) => sign)).toEqual(["-", "+"]);
    expect(textDiff("a\nb", "a").map(({ sign, line }) => sign + line)).toEqual([" a", "-b"]);
  });
});
