/** How a run stands, as values: what `flowengine/representations` writes, in camelCase from here on. */

import { type Fields, fieldsOf, listOf, numberOf, oneOf, optional, textOf } from "./fields";

const RUN_STATES = [
  "queued",
  "running",
  "waiting",
  "held",
  "cancelling",
  "compensating",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
] as const;

const STEP_STATES = [
  "pending",
  "ready",
  "running",
  "waiting",
  "retrying",
  "rescuing",
  "succeeded",
  "rescued",
  "skipped",
  "failed",
  "cancelled",
  "not_reached",
  "undoing",
  "undone",
  "undo_failed",
] as const;

const WHYS = ["said", "late", "step", "plain"] as const;

export type RunState = (typeof RUN_STATES)[number];
export type StepState = (typeof STEP_STATES)[number];

/** How the items of a loop stand. */
export interface Counts {
  readonly total: number;
  readonly begun: number;
  /** Decided, however they ended. */
  readonly done: number;
  readonly failed: number;
}

/** One item of a loop: only some are told, those at work and those that have failed. */
export interface ItemView {
  readonly index: number;
  /** Empty where its step has no title of its own. */
  readonly title: string;
  readonly state: StepState;
  readonly progress: number | null;
  readonly note: string;
  readonly tries: number;
  readonly dueAt: string | null;
  /** The run that it has started. */
  readonly child: string | null;
}

/** Steps one after another inside a step. */
export interface LineView {
  /** `body`, `branch`, `clause`, `rescue`. */
  readonly role: string;
  readonly index: number;
  readonly steps: readonly StepView[];
}

export interface StepView {
  readonly id: string;
  /** The key it is written with; `for_each` for a loop. */
  readonly kind: string;
  readonly title: string;
  readonly state: StepState;
  readonly attempt: number;
  readonly tries: number;
  readonly triesMax: number;
  /** When it is tried again, or has waited long enough, ISO 8601; null in other states. */
  readonly dueAt: string | null;
  /** What the task last said, or how far the child is, 0 to 1. */
  readonly progress: number | null;
  readonly note: string;
  readonly weight: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Of a loop that has begun. */
  readonly counts: Counts | null;
  readonly items: readonly ItemView[];
  readonly lines: readonly LineView[];
  /** The run that it has started. */
  readonly child: string | null;
  /** Of an approval: how many have answered, and how many are wanted. */
  readonly answers: { readonly given: number; readonly wanted: number } | null;
}

/** Why a run failed, as far as customers are told; `said` is a text of its author. */
export interface Why {
  readonly kind: (typeof WHYS)[number];
  readonly message: string;
  /** The title of the step in which it happened. */
  readonly step: string | null;
}

/** All of a run but its steps. */
export interface RunPart {
  readonly id: string;
  readonly workflow: string;
  readonly title: string;
  readonly state: RunState;
  /** 100 only when succeeded; at most 99 before. */
  readonly percent: number;
  /** Why it failed, in a sentence. */
  readonly message: string | null;
  readonly why: Why | null;
  /** How far the undoing is; null where nothing is undone. */
  readonly undo: { readonly total: number; readonly done: number; readonly failed: number } | null;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface RunView extends RunPart {
  /** In the order of the line; empty where the workflow shows a summary only. */
  readonly steps: readonly StepView[];
  /** What runs after the end. */
  readonly hooks: readonly StepView[];
}

export function runOf(f: Fields): RunView {
  return { ...runPartOf(f), steps: stepsOf(f["steps"]), hooks: stepsOf(f["hooks"]) };
}

export function runPartOf(f: Fields): RunPart {
  return {
    id: textOf(f["id"], "id"),
    workflow: textOf(f["workflow"], "workflow"),
    title: textOf(f["title"], "title"),
    state: oneOf(f["state"], RUN_STATES, "state"),
    percent: numberOf(f["percent"], "percent"),
    message: optional(f["message"], textOf, "message"),
    why: optional(f["why"], whyOf, "why"),
    undo: optional(f["undo"], undoOf, "undo"),
    createdAt: optional(f["created_at"], textOf, "created_at"),
    startedAt: optional(f["started_at"], textOf, "started_at"),
    finishedAt: optional(f["finished_at"], textOf, "finished_at"),
  };
}

export function stepOf(f: Fields): StepView {
  return {
    id: textOf(f["id"], "id"),
    kind: textOf(f["kind"], "kind"),
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
    counts: optional(f["counts"], countsOf, "counts"),
    items: (optional(f["items"], listOf, "items") ?? []).map(itemOf),
    lines: (optional(f["lines"], listOf, "lines") ?? []).map(lineOf),
    child: optional(f["child"], textOf, "child"),
    answers: optional(f["answers"], answersOf, "answers"),
  };
}

function stepsOf(value: unknown): readonly StepView[] {
  return (optional(value, listOf, "steps") ?? []).map((step) => stepOf(fieldsOf(step, "steps[]")));
}

function lineOf(value: unknown): LineView {
  const f = fieldsOf(value, "lines[]");
  return {
    role: textOf(f["role"], "role"),
    index: numberOf(f["index"], "index"),
    steps: stepsOf(f["steps"]),
  };
}

function itemOf(value: unknown): ItemView {
  const f = fieldsOf(value, "items[]");
  return {
    index: numberOf(f["index"], "index"),
    title: textOf(f["title"], "title"),
    state: oneOf(f["state"], STEP_STATES, "state"),
    progress: optional(f["progress"], numberOf, "progress"),
    note: textOf(f["note"], "note"),
    tries: numberOf(f["tries"], "tries"),
    dueAt: optional(f["due_at"], textOf, "due_at"),
    child: optional(f["child"], textOf, "child"),
  };
}

function countsOf(value: unknown): Counts {
  const f = fieldsOf(value, "counts");
  return {
    total: numberOf(f["total"], "total"),
    begun: numberOf(f["begun"], "begun"),
    done: numberOf(f["done"], "done"),
    failed: numberOf(f["failed"], "failed"),
  };
}

function answersOf(value: unknown): { given: number; wanted: number } {
  const f = fieldsOf(value, "answers");
  return { given: numberOf(f["given"], "given"), wanted: numberOf(f["wanted"], "wanted") };
}

function undoOf(value: unknown): { total: number; done: number; failed: number } {
  const f = fieldsOf(value, "undo");
  return {
    total: numberOf(f["total"], "total"),
    done: numberOf(f["done"], "done"),
    failed: numberOf(f["failed"], "failed"),
  };
}

function whyOf(value: unknown): Why {
  const f = fieldsOf(value, "why");
  return {
    kind: oneOf(f["kind"], WHYS, "why.kind"),
    message: textOf(f["message"], "why.message"),
    step: optional(f["step"], textOf, "why.step"),
  };
}
