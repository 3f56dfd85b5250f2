/** What can be done with a run, why something cannot as it stands, and the same by the command line. */

import { api, got, keyed, type Told } from "../../http/ask";
import type { Act, Given } from "../../parts/act";
import { byFlow } from "../../parts/command";
import { copy } from "../../parts/copy";
import type { MenuEntry } from "../../parts/menu";
import { FINAL, lookOf } from "../../parts/state";
import { may, to } from "../../state/page";
import { freeze } from "../runs/bulk";

interface Doing {
  readonly told: Told["OneRunTold"];
  readonly state: string;
  /** Something was done. */
  readonly onDone: () => void;
  readonly route: (url: string) => void;
}

/** How a run stands, as far as it says what can be done. */
export interface Standing {
  readonly state: string;
  /** Something has failed in it. */
  readonly hasFailed: boolean;
  /** It is to be held before its next step. */
  readonly isHolding: boolean;
  /** An approval waits. */
  readonly isAsking: boolean;
}

export type Verb =
  | "resume"
  | "skip"
  | "answer"
  | "hold"
  | "release"
  | "cancel"
  | "giveUp"
  | "replay";

const ENDING: ReadonlySet<string> = new Set(["cancelling", "compensating"]);

/** Why that cannot be done with a run that stands so; empty where it can. */
export function refusal(verb: Verb, { state, hasFailed, isHolding, isAsking }: Standing): string {
  const { word } = lookOf(state);
  const isOver = FINAL.has(state);
  const isByHand = state === "held" && !hasFailed;
  switch (verb) {
    case "resume":
    case "skip":
      if (isByHand) return "It is held by hand: release it.";
      return ["failed", "held"].includes(state)
        ? ""
        : `It is ${word}: only what has failed goes on this way.`;
    case "answer":
      return isAsking ? "" : "Nobody is asked anything now.";
    case "hold":
      if (isOver) return `It is ${word}: it has ended.`;
      if (ENDING.has(state)) return `It is ${word} already.`;
      if (isHolding) return "It is held before its next step already.";
      return state === "held" ? "It is held already." : "";
    case "release":
      if (isByHand || isHolding) return "";
      return state === "held"
        ? "It is held because it failed: resume it, or give it up."
        : "Nobody holds it.";
    case "cancel":
      if (isOver) return `It is ${word}: it has ended.`;
      return state === "cancelling" ? "It is being cancelled already." : "";
    case "giveUp":
      return state === "held" && hasFailed
        ? ""
        : `It is ${word}: only what is held for its failure can be given up.`;
    case "replay":
      return isOver ? "" : `It is ${word}: a replay is of what has ended.`;
  }
}

/** The command that does the same; the reason is to be filled in. */
export function commandOf(verb: Verb, id: string, asked = "STEP"): string {
  const words: Readonly<Record<Verb, string>> = {
    resume: `run resume ${id} --reason "…"`,
    skip: `run resume ${id} --skip --reason "…"`,
    answer: `run answer ${id} ${asked} --approve`,
    hold: `hold ${id} --reason "…"`,
    release: `release ${id} --reason "…"`,
    cancel: `cancel ${id} --reason "…"`,
    giveUp: `run give-up ${id} --reason "…"`,
    replay: `replay --kind run --q id:${id} --reason "…"`,
  };
  return byFlow(words[verb]);
}

const NAMES: readonly (readonly [Verb, string])[] = [
  ["resume", "Resume"],
  ["skip", "Skip what failed"],
  ["answer", "Answer"],
  ["hold", "Hold"],
  ["release", "Release"],
  ["cancel", "Cancel"],
  ["giveUp", "Give up"],
  ["replay", "Replay"],
];

/** Each act that is possible now as a command to copy. */
export function commands(told: Told["OneRunTold"], standing: Standing): MenuEntry[] {
  const { id } = told;
  const asked = approvalOf(told);
  const place = asked && (asked.item ? `${asked.step}.${asked.item}` : asked.step);
  const watch = {
    label: "Watch",
    group: "Copy as a command",
    run: () => copyIt(byFlow(`run ${id} --follow`)),
  };
  const possible = NAMES.filter(([verb]) => refusal(verb, standing) === "");
  return [
    watch,
    ...possible.map(([verb, name]) => ({
      label: name,
      run: () => copyIt(commandOf(verb, id, place)),
    })),
  ];
}

function copyIt(command: string): void {
  void copy(command, "The command");
}

function approvalOf(told: Told["OneRunTold"]): Told["WaitTold"] | undefined {
  return told.waits.find(({ cause }) => cause === "approval");
}

export function standingOf(told: Told["OneRunTold"], state: string): Standing {
  return {
    state,
    hasFailed: told.failure !== null,
    isHolding: told.holding,
    isAsking: approvalOf(told) !== undefined,
  };
}

interface Words {
  readonly label: string;
  readonly permission?: string;
  readonly title: string;
  readonly says: string;
  readonly confirm: string;
  readonly isDangerous?: boolean;
  /** What is said when it is done; the act asks for no reason where that is said elsewhere. */
  readonly done?: string;
}

const WORDS: Readonly<Record<Verb, Words>> = {
  resume: {
    label: "Resume…",
    permission: "resume_run",
    title: "Resume this run?",
    says: "It goes on where it failed, with the same version and the same inputs. What has succeeded is not done again.",
    confirm: "Resume the run",
    done: "Resumed",
  },
  answer: {
    label: "Answer the approval…",
    title: "Answer what is asked?",
    says: "The next page shows the question to those whom it asks; everybody else is told that there is none.",
    confirm: "Go there",
  },
  release: {
    label: "Release…",
    permission: "hold_run",
    title: "Release this run?",
    says: "It goes on with its next step.",
    confirm: "Release the run",
    done: "Released",
  },
  cancel: {
    label: "Cancel…",
    permission: "cancel_run",
    title: "Cancel this run?",
    says: "What runs is told to stop; what was done and can be undone is undone.",
    confirm: "Cancel the run",
    isDangerous: true,
    done: "Told to stop",
  },
  hold: {
    label: "Hold…",
    permission: "hold_run",
    title: "Hold this run?",
    says: "None of its further steps begins until somebody releases it; what has begun goes on to its end.",
    confirm: "Hold the run",
    done: "Held before its next step",
  },
  skip: {
    label: "Skip what failed…",
    permission: "resume_run",
    title: "Go on without the step that failed?",
    says: "The step counts as skipped: what comes after it has nothing of it.",
    confirm: "Skip it and go on",
    isDangerous: true,
    done: "Skipped",
  },
  giveUp: {
    label: "Give up…",
    permission: "resume_run",
    title: "Give this run up?",
    says: "It is held no longer: what is to be undone is, and then it fails.",
    confirm: "Give it up",
    isDangerous: true,
    done: "Given up",
  },
  replay: {
    label: "Replay…",
    permission: "replay",
    title: "Replay this run?",
    says: "The next page asks how, and shows what would be done again. Nothing is sent before that.",
    confirm: "Go on",
  },
};

const ORDER: readonly Verb[] = [
  ...(["resume", "answer", "release", "cancel", "hold", "skip", "giveUp", "replay"] as const),
];

/** All acts upon a run, possible or not, the most wanted first. */
export function runActs(doing: Doing): readonly Act[] {
  const standing = standingOf(doing.told, doing.state);
  return ORDER.map((verb) => {
    const { done, ...words } = WORDS[verb];
    const lacking = verb === "skip" ? missing(["edit_dead_letter", "view_payload"]) : "";
    return {
      ...words,
      whyNot: refusal(verb, standing) || lacking,
      reason: done ? "required" : "none",
      run: async (given: Given) => {
        const acted = await send(verb, doing, given);
        if (!acted) return "The next page is opened.";
        doing.onDone();
        return `${done}. It is ${lookOf(acted.state).word}.`;
      },
    };
  });
}

/** Do it; undefined where another page does. */
async function send(
  verb: Verb,
  { told, route }: Doing,
  { reason, key }: Given,
): Promise<Told["Acted"] | undefined> {
  const { id } = told;
  const how = { params: { path: { run_id: id } }, body: { reason }, headers: keyed(key) };
  const resumed = { ...how, body: { reason, is_done: false, skip: verb === "skip" } };
  switch (verb) {
    case "resume":
    case "skip":
      return got(api.POST("/runs/{run_id}/resume", resumed));
    case "hold":
      return got(api.POST("/runs/{run_id}/hold", how));
    case "release":
      return got(api.POST("/runs/{run_id}/release", how));
    case "cancel":
      return got(api.POST("/runs/{run_id}/cancel", how));
    case "giveUp":
      return got(api.POST("/runs/{run_id}/give-up", how));
    case "replay":
      route(to("replays/new", { selection: (await freeze(`id:${id}`)).id }));
      return undefined;
    case "answer": {
      const asked = approvalOf(told);
      const place = [id, asked?.step ?? "", asked?.item ?? ""].filter(Boolean);
      location.assign(to(`my/approvals/${place.map(encodeURIComponent).join("/")}/`));
      return undefined;
    }
  }
}

/** The first of these permissions that this user lacks, in words; empty where none is. */
function missing(names: readonly string[]): string {
  const name = names.find((each) => !may(each));
  return name ? `You need flowengine.${name} too.` : "";
}
