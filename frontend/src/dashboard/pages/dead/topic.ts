/** That something has changed among the dead: the topic says it, the API says what. */

import type { Fields } from "../../../client/fields";
import type { Kind } from "../../../client/kinds";
import { topics } from "../../state/live";

export interface Totals {
  /** Grows with everything that is told. */
  readonly change: number;
  readonly groups: number;
  readonly letters: number;
}

const DEAD: Kind<Totals> = {
  read: (state) => ({ change: 0, ...counts(state, { groups: 0, letters: 0 }) }),
  after: (totals, type, part) => ({
    change: totals.change + 1,
    ...(type === "dead"
      ? counts(part, totals)
      : { groups: totals.groups, letters: totals.letters }),
  }),
};

export const dead = topics(DEAD)("dead");

function counts(part: Fields, was: Pick<Totals, "groups" | "letters">) {
  const { open_groups: groups, open_letters: letters } = part;
  return {
    groups: typeof groups === "number" ? groups : was.groups,
    letters: typeof letters === "number" ? letters : was.letters,
  };
}
