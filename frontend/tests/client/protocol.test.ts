import { describe, expect, it } from "vitest";
import { RUN } from "../../src/client/kinds";
import { FlowError } from "../../src/client/live";
import { parseFrame } from "../../src/client/protocol";
import type { RunState } from "../../src/client/views";
import { heartbeat, item, loop, parallel, snapshot, step, TOPIC } from "../fakes/frames";

describe("what is no frame is refused", () => {
  it.each([
    "",
    "{",
    "null",
    "[]",
    "17",
    "{}",
    '{"t":17}',
    '{"t":"snap","c":"run:x","e":"7f3","o":"5","s":{}}',
    '{"t":"pub","c":"run:x","e":"7f3","f":"1","o":2,"d":[]}',
  ])("%s", (text) => {
    expect(() => parseFrame(text)).toThrow(FlowError);
  });

  it("a state that is none", () => {
    expect(() => stateOf(snapshot(1, { state: 7 }))).toThrow(FlowError);
  });
});

describe("what is a frame is read", () => {
  it("with names in camelCase", () => {
    const state = stateOf(snapshot(5));

    expect(state.startedAt).toBe("2026-03-02T12:00:00.000Z");
    expect(state.steps[0]?.triesMax).toBe(3);
  });

  it("with what is inside a step, at any depth", () => {
    const inner = loop("each", { total: 3 }, [item(2, "retrying", { due_at: "x", child: "c" })]);
    const steps = [parallel("both", "running", step("a"), inner)];

    const [both] = stateOf(snapshot(1, { steps })).steps;
    expect(both?.lines[1]?.steps[0]?.items[0]).toMatchObject({ index: 2, dueAt: "x" });
    expect(both?.lines[0]?.steps[0]).toMatchObject({ items: [], lines: [], counts: null });
  });

  it("with the heads of a heartbeat, pending ones as null", () => {
    const frame = parseFrame(JSON.stringify(heartbeat(null)));

    expect(frame).toMatchObject({ t: "hb", h: { [TOPIC]: null } });
  });

  it("of a newer server, to be passed over", () => {
    expect(parseFrame('{"t":"news"}').t).toBe("news");
  });
});

function stateOf(frame: object): RunState {
  const found = parseFrame(JSON.stringify(frame));
  if (found.t !== "snap") throw new Error(found.t);
  return RUN.read(found.s);
}
