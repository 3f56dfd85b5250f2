import { describe, expect, it } from "vitest";
import { type Choice, matching } from "../../src/dashboard/parts/palette";

const choice = (says: string): Choice => ({ says, hint: "", icon: "runs", run: () => {} });
const SCREENS = ["Runs", "Events", "Workers"].map(choice);
const SEEN = ["Order 1042", "Order by Run & Sons"].map(choice);

const found = (text: string) => matching(text, SCREENS, SEEN).map(({ says }) => says);

describe("the palette", () => {
  it("begins with what was looked at last", () => {
    for (const text of ["", "  "])
      expect(found(text)).toEqual([
        "Order 1042",
        "Order by Run & Sons",
        "Runs",
        "Events",
        "Workers",
      ]);
  });

  it("finds what was looked at by its name", () => {
    expect(found("1042")).toEqual(["Order 1042"]);
  });

  it("leads by the same letters to the same screen, whatever was looked at", () => {
    expect(found("runs")).toEqual(["Runs", "Order by Run & Sons"]);
  });

  it("finds nothing where no name has these letters", () => {
    expect(found("xyz")).toEqual([]);
  });
});
