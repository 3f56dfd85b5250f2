import { describe, expect, it } from "vitest";
import { jsonIn, patchIn, valuesIn } from "../../src/dashboard/pages/replay/edits";
import { requestIn, usualPace } from "../../src/dashboard/pages/replay/request";
import { steering } from "../../src/dashboard/pages/replay/steering";

describe("edits, a line each", () => {
  it("put a value at a path, and take one away", () => {
    expect(patchIn('/gateway = "eu-2"\n\n- /items/0/coupon\n/price=12.5')).toEqual({
      value: [
        { op: "add", path: "/gateway", value: "eu-2" },
        { op: "remove", path: "/items/0/coupon" },
        { op: "add", path: "/price", value: 12.5 },
      ],
    });
  });

  it("are taken as they stand where they are a JSON Patch", () => {
    const patch = [{ op: "move", from: "/a", path: "/b" }];
    expect(patchIn(JSON.stringify(patch))).toEqual({ value: patch });
    expect(patchIn('[{"op": "add"}]')).toHaveProperty("wrong");
    expect(patchIn("[{")).toHaveProperty("wrong");
  });

  it.each([
    ["gateway = 1", "Line 1: a path begins with a slash: /gateway."],
    ["/gateway", "Line 1: write /path = value, or - /path."],
    ["\n/gateway = eu-2", "Line 2: eu-2 is no JSON; a text stands in double quotes."],
  ])("say what is wrong with %j", (text, wrong) => {
    expect(patchIn(text)).toEqual({ wrong });
  });

  it("keep a member called __proto__ a member", () => {
    const read = valuesIn("__proto__ = 1");
    expect("value" in read && Object.keys(read.value)).toEqual(["__proto__"]);
    expect(jsonIn('{"__proto__": 1}')).toEqual({ value: JSON.parse('{"__proto__": 1}') });
  });

  it("give inputs by name", () => {
    expect(valuesIn("amount = 12\nname = null")).toEqual({ value: { amount: 12, name: null } });
    expect(valuesIn("amount: 12")).toHaveProperty("wrong");
  });
});

describe("a replay that is prepared", () => {
  it("goes on from the failed step where nothing else is said; an event is admitted again", () => {
    expect(requestIn({}, "dead_letter", 1).mode).toBe("resume");
    expect(requestIn({}, "event", 1).mode).toBe("event");
    expect(requestIn({ mode: "sideways" }, "run", 1).mode).toBe("resume");
    expect(requestIn({ mode: "restart" }, "run", 1).mode).toBe("restart");
  });

  it("sends a canary first where there are enough", () => {
    expect(usualPace(10).canary).toBe(0);
    expect(usualPace(11).canary).toBe(3);
    expect(
      requestIn({ rate: "0.5", canary: "2.7", in_flight: "-1" }, "run", 50).pace,
    ).toMatchObject({
      ...{ canary: 2, rate: 0.5, in_flight: 100 },
    });
  });

  it("keeps of the edits those that its way can have", () => {
    const query = { edit: "/a = 1", set: "b = 2", output: "3", skip: "1", workflow: "order" };
    expect(requestIn({ ...query, mode: "restart" }, "run", 1).options).toMatchObject({
      ...{ edit: [{ op: "add", path: "/a", value: 1 }], set: {}, skip: false, workflow: "" },
    });
    const resumed = requestIn({ ...query, mode: "resume" }, "run", 1).options;
    expect(resumed).toMatchObject({ edit: [], set: { b: 2 }, output: 3, skip: true });
    expect(requestIn(query, "event", 1).options.workflow).toBe("order");
  });

  it("says which field cannot be understood", () => {
    expect(Object.keys(requestIn({ output: "{", edit: "x" }, "run", 1).wrong).sort()).toEqual([
      "edit",
      "output",
    ]);
    expect(requestIn({}, "run", 1).options).not.toHaveProperty("output");
  });
});

describe("a replay that has begun", () => {
  const acts = (state: "running" | "paused" | "done" | "proposed") =>
    Object.fromEntries(
      steering({ id: "r", state, mode: "resume", by: "8" }, () => undefined).map(
        ({ label, whyNot }) => [label, whyNot ?? ""],
      ),
    );

  it("can be slowed while it moves, and resumed while it stands", () => {
    expect(acts("running")).toMatchObject({ "Pause…": "", "Slower…": "", "Stop…": "" });
    expect(acts("running")["Resume…"]).not.toBe("");
    expect(acts("paused")).toMatchObject({ "Resume…": "", "Stop…": "" });
    expect(acts("proposed")["Approve…"]).toBe("");
  });

  it("says why nothing more can be done when it is over", () => {
    expect(new Set(Object.values(acts("done")))).toEqual(new Set(["It is over."]));
  });
});
