/** What a replay is to be: read from the address, where it stands while it is prepared. */

import type { Told } from "../../http/ask";
import { jsonIn, patchIn, valuesIn } from "./edits";

export type Mode = "event" | "restart" | "resume";
type Query = Readonly<Record<string, string | undefined>>;

export const MODES: readonly {
  readonly mode: Mode;
  readonly title: string;
  readonly says: string;
}[] = [
  {
    mode: "resume",
    title: "From the failed step",
    says: "The same run goes on, by its own version; what is done stays done. In a loop only the failed items.",
  },
  {
    mode: "restart",
    title: "From the start",
    says: "A new run of the same event, by the newest version.",
  },
  {
    mode: "event",
    title: "The event again",
    says: "It is admitted anew, by the newest version: also what never became a run.",
  },
];

export interface Request {
  readonly mode: Mode;
  readonly options: Told["OptionsGiven"];
  readonly pace: Told["PaceGiven"];
  /** What cannot be understood, by the name of its field. */
  readonly wrong: Readonly<Record<string, string>>;
}

/** A canary where there are enough for one. */
export function usualPace(count: number): Told["PaceGiven"] {
  return {
    canary: count > 10 ? 3 : 0,
    rate: 10,
    in_flight: 100,
    stop_percent: 20,
    stop_in_row: 10,
  };
}

/** What the address says; what it does not say has its default. `kind` is of what was selected. */
export function requestIn(query: Query, kind: string, count: number): Request {
  const wrong: Record<string, string> = {};
  const mode = modeOf(query["mode"], kind);
  const edit = patchIn(query["edit"] ?? "");
  const set = valuesIn(query["set"] ?? "");
  const output = query["output"] ? jsonIn(query["output"]) : null;
  if ("wrong" in edit) wrong["edit"] = edit.wrong;
  if ("wrong" in set) wrong["set"] = set.wrong;
  if (output && "wrong" in output) wrong["output"] = output.wrong;
  const isResume = mode === "resume";
  return {
    mode,
    options: {
      workflow: mode === "event" ? (query["workflow"] ?? "") : "",
      edit: !isResume && "value" in edit ? [...edit.value] : [],
      edits: {},
      set: isResume && "value" in set ? { ...set.value } : {},
      ...(isResume && output && "value" in output ? { output: output.value } : {}),
      skip: isResume && query["skip"] === "1",
      new_keys: query["new_keys"] === "1",
      even_if_succeeded: query["even"] === "1",
      suppress_notify: query["quiet"] === "1",
    },
    pace: paceIn(query, usualPace(count)),
    wrong,
  };
}

function modeOf(given: string | undefined, kind: string): Mode {
  const found = MODES.find(({ mode }) => mode === given)?.mode;
  return found ?? (kind === "event" ? "event" : "resume");
}

function paceIn(query: Query, usual: Told["PaceGiven"]): Told["PaceGiven"] {
  const number = (name: keyof Told["PaceGiven"]) => {
    const given = Number(query[name] || Number.NaN);
    return Number.isFinite(given) && given >= 0 ? given : usual[name];
  };
  return {
    canary: Math.floor(number("canary")),
    rate: number("rate"),
    in_flight: Math.floor(number("in_flight")),
    stop_percent: number("stop_percent"),
    stop_in_row: Math.floor(number("stop_in_row")),
  };
}
