import { describe, expect, it } from "vitest";
import { actOf, placeOf, whoOf } from "../../src/dashboard/pages/audit/words";

const entry = { who: "7", verb: "run.cancel", kind: "run", object_id: "r1" };

describe("an entry of the audit", () => {
  it("leads to the thing that something was done to", () => {
    expect(placeOf(entry)).toBe("/flow/runs/r1");
    expect(placeOf({ ...entry, kind: "dead_group" })).toBe("/flow/dead/r1");
    expect(placeOf({ ...entry, kind: "workflow" })).toBe("/flow/definitions/r1");
  });

  it("leads nowhere where there is no such screen, or no thing", () => {
    expect(placeOf({ ...entry, kind: "constructor" })).toBe(null);
    expect(placeOf({ ...entry, object_id: "" })).toBe(null);
  });

  it("says who did it: a user, somebody in a shell, or the system", () => {
    expect(whoOf(entry)).toBe("user 7");
    expect(whoOf({ ...entry, who: "cli:ann" })).toBe("ann, in a shell");
    expect(whoOf({ ...entry, who: "" })).toBe("the system");
  });

  it("says what was done", () => {
    expect(actOf(entry)).toBe("run: cancel");
    expect(actOf({ ...entry, verb: "discard", kind: "dead_letter" })).toBe("dead letter: discard");
  });
});
