/**
 * The frames of the live socket, as values. What comes in is `unknown` until `parseFrame` has looked
 * at it; snake_case stops here. The words are those of `flowengine/live/protocol.py`.
 */

import { type Fields, FrameError, fieldsOf, listOf, numberOf, optional, textOf } from "./fields";
import { type RunPart, type RunView, runOf, runPartOf, type StepView, stepOf } from "./views";

export { FrameError } from "./fields";

/** Where a client stands in a topic; numbers mean something within one epoch only. */
export interface Position {
  readonly epoch: string;
  readonly number: number;
}

/**
 * A part of the view as it is now; it takes the place of what was there. `unknown` = of a newer
 * server: only a snapshot helps.
 */
export type Entry =
  | { readonly kind: "run"; readonly run: RunPart }
  | { readonly kind: "step" | "hook"; readonly step: StepView }
  | { readonly kind: "unknown" };

export type Frame =
  | { readonly kind: "hello"; readonly version: number; readonly heartbeatMs: number }
  | {
      readonly kind: "snapshot";
      readonly topic: string;
      readonly position: Position;
      readonly view: RunView;
    }
  | {
      readonly kind: "changes";
      readonly topic: string;
      readonly epoch: string;
      readonly first: number;
      readonly last: number;
      readonly entries: readonly Entry[];
    }
  | {
      readonly kind: "heartbeat";
      readonly at: number;
      /** By topic; null = pending. The whole is null where the server could not ask its database. */
      readonly heads: ReadonlyMap<string, Position | null> | null;
    }
  | { readonly kind: "pending"; readonly topic: string }
  | {
      readonly kind: "ended";
      readonly topic: string;
      readonly outcome: string;
      readonly message: string;
    }
  | { readonly kind: "refused"; readonly topic: string | null; readonly code: string };

/** The frame that `text` is. Throws `FrameError`. */
export function parseFrame(text: string): Frame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameError("not JSON");
  }
  return frameOf(fieldsOf(value, "frame"));
}

/** Watch these topics, each from its position; null = from nothing. */
export function subscribeFrame(positions: ReadonlyMap<string, Position | null>): string {
  const wire = [...positions].map(
    ([topic, at]) => [topic, at === null ? null : { e: at.epoch, o: at.number }] as const,
  );
  const [only] = wire;
  return JSON.stringify(
    wire.length === 1 && only !== undefined
      ? { t: "sub", c: only[0], p: only[1] }
      : { t: "subs", m: Object.fromEntries(wire) },
  );
}

export function unsubscribeFrame(topics: readonly string[]): string {
  const [only] = topics;
  return JSON.stringify(topics.length === 1 ? { t: "unsub", c: only } : { t: "unsubs", m: topics });
}

export function pingFrame(): string {
  return JSON.stringify({ t: "ping" });
}

/** Where approvals are answered, by step, of `{"approvals": [{"step": …, "url": …}]}`. */
export function answersOf(value: unknown): ReadonlyMap<string, string> {
  const items = listOf(fieldsOf(value, "answer")["approvals"], "approvals");
  return new Map(
    items.map((item) => {
      const f = fieldsOf(item, "approvals[]");
      return [textOf(f["step"], "step"), textOf(f["url"], "url")];
    }),
  );
}

function frameOf(f: Fields): Frame {
  const kind = textOf(f["t"], "t");
  switch (kind) {
    case "hello":
      return { kind, version: numberOf(f["v"], "v"), heartbeatMs: numberOf(f["hb"], "hb") };
    case "snap":
      return {
        kind: "snapshot",
        topic: textOf(f["c"], "c"),
        position: { epoch: textOf(f["e"], "e"), number: numberOf(f["o"], "o") },
        view: runOf(fieldsOf(f["s"], "s")),
      };
    case "pub":
      return {
        kind: "changes",
        topic: textOf(f["c"], "c"),
        epoch: textOf(f["e"], "e"),
        first: numberOf(f["f"], "f"),
        last: numberOf(f["o"], "o"),
        entries: listOf(f["d"], "d").map((item) => entryOf(fieldsOf(item, "d[]"))),
      };
    case "hb":
      return { kind: "heartbeat", at: numberOf(f["ts"], "ts"), heads: headsOf(f["h"]) };
    case "pending":
      return { kind, topic: textOf(f["c"], "c") };
    case "end":
      return {
        kind: "ended",
        topic: textOf(f["c"], "c"),
        outcome: textOf(f["outcome"], "outcome"),
        message: textOf(f["message"], "message"),
      };
    case "err":
      return {
        kind: "refused",
        topic: optional(f["c"], textOf, "c"),
        code: textOf(f["code"], "code"),
      };
    default:
      throw new FrameError(`unknown frame ${kind}`);
  }
}

function headsOf(value: unknown): ReadonlyMap<string, Position | null> | null {
  if (value === null) return null;
  const heads = new Map<string, Position | null>();
  for (const [topic, head] of Object.entries(fieldsOf(value, "h"))) {
    if (head === null) {
      heads.set(topic, null);
    } else {
      const [epoch, number] = listOf(head, "h[]");
      heads.set(topic, { epoch: textOf(epoch, "h[].e"), number: numberOf(number, "h[].o") });
    }
  }
  return heads;
}

function entryOf(f: Fields): Entry {
  const kind = textOf(f["t"], "t");
  switch (kind) {
    case "run":
      return { kind, run: runPartOf(f) };
    case "step":
    case "hook":
      return { kind, step: stepOf(f) };
    default:
      return { kind: "unknown" };
  }
}
