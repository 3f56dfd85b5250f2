/**
 * The frames of the live socket, as values. What comes in is `unknown` until `parseFrame` has looked
 * at it; snake_case stops here. The words are those of `flowengine/live/protocol.py`.
 */

export type RunState = "running" | "waiting" | "cancelling" | "succeeded" | "failed" | "cancelled";

export type StepState =
  | "pending"
  | "ready"
  | "running"
  | "retrying"
  | "succeeded"
  | "skipped"
  | "failed"
  | "cancelled"
  | "not_reached";

/** Where a client stands in a topic; numbers mean something within one epoch only. */
export interface Position {
  readonly epoch: string;
  readonly number: number;
}

export interface StepView {
  readonly id: string;
  readonly title: string;
  readonly state: StepState;
  readonly attempt: number;
  readonly tries: number;
  readonly triesMax: number;
  /** When it is tried again, ISO 8601; null in every state but retrying. */
  readonly dueAt: string | null;
  /** What the task last said, 0 to 1. */
  readonly progress: number | null;
  readonly note: string;
  readonly weight: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface RunView {
  readonly id: string;
  readonly workflow: string;
  readonly title: string;
  readonly state: RunState;
  /** 100 only when succeeded; at most 99 before. */
  readonly percent: number;
  /** In the order of the line; empty where the workflow shows a summary only. */
  readonly steps: readonly StepView[];
  /** What a customer is told of a failure. */
  readonly message: string | null;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** One numbered transition. `unknown` = a kind of a newer server: only a snapshot helps. */
export type Change =
  | {
      readonly kind: "run.started";
      readonly n: number;
      readonly at: string;
      readonly title: string;
    }
  | {
      readonly kind:
        | "run.waiting"
        | "run.continued"
        | "run.cancelling"
        | "run.succeeded"
        | "run.failed"
        | "run.cancelled";
      readonly n: number;
      readonly at: string;
    }
  | {
      readonly kind:
        | "step.ready"
        | "step.started"
        | "step.succeeded"
        | "step.returned"
        | "step.skipped"
        | "step.failed"
        | "step.cancelled";
      readonly n: number;
      readonly at: string;
      readonly step: string;
      /** Null where the transition does not say. */
      readonly attempt: number | null;
      readonly tries: number | null;
    }
  | {
      readonly kind: "step.retrying";
      readonly n: number;
      readonly at: string;
      readonly step: string;
      readonly attempt: number;
      readonly tries: number;
      readonly dueAt: string;
    }
  | { readonly kind: "unknown"; readonly n: number };

/** What a running step last said; without a number, the last one counts. */
export interface Progress {
  readonly kind: "progress";
  readonly step: string;
  readonly fraction: number;
  readonly note: string;
}

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
      readonly changes: readonly (Change | Progress)[];
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

/** A frame that is none of this protocol. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

type Fields = Readonly<Record<string, unknown>>;

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
        view: viewOf(fieldsOf(f["s"], "s")),
      };
    case "pub":
      return {
        kind: "changes",
        topic: textOf(f["c"], "c"),
        epoch: textOf(f["e"], "e"),
        first: numberOf(f["f"], "f"),
        last: numberOf(f["o"], "o"),
        changes: listOf(f["d"], "d").map((item) => changeOf(fieldsOf(item, "d[]"))),
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

function viewOf(f: Fields): RunView {
  return {
    id: textOf(f["id"], "id"),
    workflow: textOf(f["workflow"], "workflow"),
    title: textOf(f["title"], "title"),
    state: oneOf(f["state"], RUN_STATES, "state"),
    percent: numberOf(f["percent"], "percent"),
    steps: listOf(f["steps"], "steps").map((item) => stepOf(fieldsOf(item, "steps[]"))),
    message: optional(f["message"], textOf, "message"),
    createdAt: optional(f["created_at"], textOf, "created_at"),
    startedAt: optional(f["started_at"], textOf, "started_at"),
    finishedAt: optional(f["finished_at"], textOf, "finished_at"),
  };
}

function stepOf(f: Fields): StepView {
  return {
    id: textOf(f["id"], "id"),
    title: textOf(f["title"], "title"),
    state: oneOf(f["state"], STEP_STATES, "state"),
    attempt: numberOf(f["attempt"], "attempt"),
    tries: numberOf(f["tries"], "tries"),
    triesMax: numberOf(f["tries_max"], "tries_max"),
    dueAt: optional(f["due_at"], textOf, "due_at"),
    progress: optional(f["progress"], numberOf, "progress"),
    note: textOf(f["note"], "note"),
    weight: numberOf(f["weight"], "weight"),
    startedAt: optional(f["started_at"], textOf, "started_at"),
    finishedAt: optional(f["finished_at"], textOf, "finished_at"),
  };
}

function changeOf(f: Fields): Change | Progress {
  const kind = textOf(f["t"], "t");
  if (kind === "progress") {
    return {
      kind,
      step: textOf(f["step"], "step"),
      fraction: numberOf(f["fraction"], "fraction"),
      note: textOf(f["note"], "note"),
    };
  }
  const n = numberOf(f["n"], "n");
  const at = textOf(f["at"], "at");
  switch (kind) {
    case "run.started":
      return { kind, n, at, title: optional(f["title"], textOf, "title") ?? "" };
    case "run.waiting":
    case "run.continued":
    case "run.cancelling":
    case "run.succeeded":
    case "run.failed":
    case "run.cancelled":
      return { kind, n, at };
    case "step.ready":
    case "step.started":
    case "step.succeeded":
    case "step.returned":
    case "step.skipped":
    case "step.failed":
    case "step.cancelled":
      return {
        kind,
        n,
        at,
        step: textOf(f["step"], "step"),
        attempt: optional(f["attempt"], numberOf, "attempt"),
        tries: optional(f["tries"], numberOf, "tries"),
      };
    case "step.retrying":
      return {
        kind,
        n,
        at,
        step: textOf(f["step"], "step"),
        attempt: numberOf(f["attempt"], "attempt"),
        tries: numberOf(f["tries"], "tries"),
        dueAt: textOf(f["due_at"], "due_at"),
      };
    default:
      return { kind: "unknown", n };
  }
}

const RUN_STATES: readonly RunState[] = [
  "running",
  "waiting",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
];
const STEP_STATES: readonly StepState[] = [
  "pending",
  "ready",
  "running",
  "retrying",
  "succeeded",
  "skipped",
  "failed",
  "cancelled",
  "not_reached",
];

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown, name: string): Fields {
  if (!isFields(value)) throw new FrameError(`${name} is no object`);
  return value;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new FrameError(`${name} is no list`);
  return value;
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== "string") throw new FrameError(`${name} is no text`);
  return value;
}

function numberOf(value: unknown, name: string): number {
  if (typeof value !== "number") throw new FrameError(`${name} is no number`);
  return value;
}

function optional<T>(
  value: unknown,
  parse: (value: unknown, name: string) => T,
  name: string,
): T | null {
  return value === null || value === undefined ? null : parse(value, name);
}

function oneOf<T extends string>(value: unknown, known: readonly T[], name: string): T {
  const found = known.find((item) => item === value);
  if (found === undefined) throw new FrameError(`${name} is ${String(value)}`);
  return found;
}
