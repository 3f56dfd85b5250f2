/** What a rule may be about, in words. */

import type { Told } from "../../http/ask";
import { may } from "../../state/page";

export type Rule = Told["RuleTold"];
export type What = Rule["what"];

interface About {
  readonly words: string;
  /** Without it nobody is told of it. */
  readonly permission: string;
  /** Whether it is of a workflow, which a filter may name. */
  readonly ofWorkflow: boolean;
}

const about = (words: string, permission: string, ofWorkflow = false): About => ({
  words,
  permission,
  ofWorkflow,
});

const ABOUT: Readonly<Record<What, About>> = {
  "run.failed": about("A run fails", "view_run", true),
  "cause.new": about("A new cause of dead letters", "view_dead_letter", true),
  "cause.regressed": about("A resolved cause is back", "view_dead_letter", true),
  "station.closed": about("A station closes itself", "view_workerrecord"),
  "station.unserved": about("Work waits and no worker serves it", "view_workerrecord"),
  "approval.asked": about("An approval waits", "view_run", true),
  "worker.silent": about("A worker is silent", "view_workerrecord"),
};

export function aboutOf(what: What): About {
  return ABOUT[what];
}

/** All that this user may be told of. */
export function permitted(): readonly What[] {
  const all: readonly What[] = [
    "run.failed",
    "cause.new",
    "cause.regressed",
    "station.closed",
    "station.unserved",
    "approval.asked",
    "worker.silent",
  ];
  return all.filter((what) => may(ABOUT[what].permission));
}
