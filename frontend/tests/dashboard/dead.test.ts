import { describe, expect, it } from "vitest";
import {
  causeOf,
  heights,
  letterName,
  letters,
  placeOf,
  plainName,
} from "../../src/dashboard/pages/dead/words";

const group = { kind: "failed run", code: "FE421", error_type: "shop.pay.CardTimeout" };

describe("a cause", () => {
  it("is called by its class and its message", () => {
    expect(causeOf({ ...group, title: "no answer in <n> s" })).toBe(
      "CardTimeout: no answer in <n> s",
    );
  });

  it("has its class alone for who may not see texts", () => {
    expect(causeOf(group)).toBe("CardTimeout");
  });

  it("has its code where no exception was raised, and its kind where there is no code", () => {
    expect(causeOf({ ...group, error_type: "" })).toBe("FE421");
    expect(causeOf({ kind: "unreadable", code: "", error_type: "" })).toBe("unreadable");
  });

  it("says nothing that the error said where its name is kept", () => {
    const cause = { ...group, title: "card 4111 of Ann is declined", step: "charge" };

    expect(plainName(cause)).toBe("CardTimeout, step charge");
    expect(plainName({ ...cause, error_type: "", step: "" })).toBe("FE421");
  });

  it("says the step and the line of the project's own code", () => {
    expect(placeOf({ step: "charge", place: "pay.py:8 charge" })).toBe(
      "step charge · pay.py:8 charge",
    );
    expect(placeOf({ step: "", place: "" })).toBe("");
  });
});

describe("the hours of a cause", () => {
  it("show one beside a thousand", () => {
    const [none, one, thousand] = heights([0, 1, 1000]);
    expect([none, thousand]).toEqual([0, 1]);
    expect(one).toBeGreaterThanOrEqual(0.15);
  });

  it("are flat where nothing has died", () => {
    expect(heights([0, 0])).toEqual([0, 0]);
  });
});

describe("a letter", () => {
  it("is called by its kind and its workflow, where it is of one", () => {
    expect(letterName({ kind: "failed run", workflow: "order" })).toBe("failed run: order");
    expect(letterName({ kind: "unreadable", workflow: "" })).toBe("unreadable");
  });
});

describe("a number of letters", () => {
  it("is said as one says it", () => {
    expect([letters(1), letters(1200)]).toEqual(["1 dead letter", "1,200 dead letters"]);
  });
});
