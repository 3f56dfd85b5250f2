import { describe, expect, it } from "vitest";
import { FrameError, parseFrame } from "../../src/client/protocol";
import { changes, heartbeat, item, loop, parallel, snapshot, step, TOPIC } from "../fakes/frames";

describe("what is no frame is refused", () => {
  it.each([
    "",
    "{",
    "null",
    "[]",
    "17",
    "{}",
    '{"t":17}',
    '{"t":"news"}',
    '{"t":"hello","v":1}',
    '{"t":"snap","c":"run:x","e":"7f3","o":"5","s":{}}',
    '{"t":"snap","c":"run:x","e":"7f3","o":5,"s":{"id":"x"}}',
    '{"t":"pub","c":"run:x","e":"7f3","f":1,"o":2,"d":{}}',
    '{"t":"hb","ts":0,"h":{"run:x":["7f3"]}}',
    '{"t":"hb","ts":0,"h":[]}',
  ])("%s", (text) => {
    expect(() => parseFrame(text)).toThrow(FrameError);
  });

  it("a state that is not known", () => {
    const text = JSON.stringify(snapshot(1, { state: "dreaming" }));

    expect(() => parseFrame(text)).toThrow(FrameError);
  });
});

describe("what is a frame is read", () => {
  it("with names in camelCase", () => {
    const frame = parseFrame(JSON.stringify(snapshot(5)));

    expect(frame).toMatchObject({
      kind: "snapshot",
      topic: TOPIC,
      position: { epoch: "7f3", number: 5 },
      view: { startedAt: "2026-03-02T12:00:00.000Z", steps: [{ triesMax: 3 }, {}] },
    });
  });

  it("with an entry of a newer server kept as unknown", () => {
    const frame = parseFrame(JSON.stringify(changes(1, 1, [{ t: "dream" }])));

    expect(frame).toMatchObject({ entries: [{ kind: "unknown" }] });
  });

  it("with what is inside a step, at any depth", () => {
    const inner = loop("each", { total: 3 }, [item(2, "retrying", { due_at: "x", child: "c" })]);
    const steps = [parallel("both", "running", step("a"), inner)];

    expect(parseFrame(JSON.stringify(snapshot(1, { steps })))).toMatchObject({
      view: { steps: [{ lines: [{}, { steps: [{ items: [{ index: 2, dueAt: "x" }] }] }] }] },
    });
  });

  it("with the heads of a heartbeat, pending ones as null", () => {
    expect(parseFrame(JSON.stringify(heartbeat(null)))).toMatchObject({
      heads: new Map([[TOPIC, null]]),
    });
    expect(parseFrame('{"t":"hb","ts":0,"h":null}')).toMatchObject({ heads: null });
  });
});
