/** How runs stand, as values: what `flowengine/representations` writes, in camelCase from here on. */

import { checked, type Fields, fieldsIn, hasText, inCamelCase, named } from "./fields";

export type RunStateName =
  | "queued"
  | "running"
  | "waiting"
  | "held"
  | "cancelling"
  | "compensating"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "expired";

export type StepStateName =
  | "pending"
  | "ready"
  | "running"
  | "waiting"
  | "retrying"
  | "rescuing"
  | "succeeded"
  | "rescued"
  | "skipped"
  | "failed"
  | "cancelled"
  | "not_reached"
  | "undoing"
  | "undone"
  | "undo_failed";

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
  readonly state: StepStateName;
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
  readonly steps: readonly StepState[];
}

export interface StepState {
  readonly id: string;
  /** The key it is written with; `for_each` for a loop. */
  readonly kind: string;
  readonly title: string;
  readonly state: StepStateName;
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

/** What customers are told of a failure; the kind `said` is a text of the task's author. */
export interface Failure {
  readonly kind: "said" | "late" | "step" | "plain";
  /** A whole sentence. */
  readonly message: string;
  /** Of the step that it names; only with the kind `step`. */
  readonly title?: string;
}

/** All of a run but its steps. */
export interface RunPart {
  readonly id: string;
  readonly workflow: string;
  readonly title: string;
  readonly state: RunStateName;
  /** 100 only when succeeded; at most 99 before. */
  readonly percent: number;
  /** How long runs of its workflow usually take, least and most, in ms; null where too few are known. */
  readonly usualMs: readonly [number, number] | null;
  /** When it will end, ISO 8601, at the earliest and latest; null where it cannot be told honestly. */
  readonly eta: readonly [string, string] | null;
  /** What the step at work says of itself; empty where it says nothing. */
  readonly note: string;
  /** Why it has failed, is held or is taken back. */
  readonly failure: Failure | null;
  /** How far the undoing is; null where nothing is undone. */
  readonly undo: { readonly total: number; readonly done: number; readonly failed: number } | null;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** A run, as its topic tells it. */
export interface RunState extends RunPart {
  /** In the order of the line; empty where the workflow shows a summary only. */
  readonly steps: readonly StepState[];
  /** What runs after the end. */
  readonly hooks: readonly StepState[];
}

/** A run as one row of a list. */
export type RunSummary = Omit<RunPart, "usualMs" | "eta" | "failure" | "undo">;

const NO_STEP = { counts: null, child: null, answers: null, items: [] };
const NO_RUN = { usualMs: null, eta: null, failure: null, undo: null };

/** What is told of the run itself, without its steps. */
export const readPart = (value: Fields): RunPart =>
  checked({ ...NO_RUN, ...inCamelCase(value) }, isRun);

export const readStep = (value: Fields): StepState => named(step(inCamelCase(value)));

export function readRun(value: Fields): RunState {
  const found = inCamelCase(value);
  return checked(
    { ...NO_RUN, ...found, steps: steps(found["steps"]), hooks: steps(found["hooks"]) },
    isRun,
  );
}

/** With all members, also those that are not told where there is nothing to tell. */
function step(found: Fields): Fields {
  const lines = fieldsIn(found["lines"]).map((line) => ({ ...line, steps: steps(line["steps"]) }));
  return { ...NO_STEP, ...found, lines };
}

function steps(value: unknown): Fields[] {
  return fieldsIn(value).map(step);
}

// Looked at is what would do harm if it were something else; the rest is the server's word.
const isRun = (value: unknown): value is RunState =>
  hasText(value, "id") && hasText(value, "state") && typeof value["percent"] === "number";
