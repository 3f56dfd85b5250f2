/** What is said of one item of a loop. */

import type { StepStateName } from "../client/views";
import { again, type Clock, spaced, untilNote } from "./run";
import { say } from "./words";

/** The small line of one item of a loop. */
export function itemNote(
  item: { state: StepStateName; note: string; tries: number; dueAt: string | null },
  triesMax: number,
  clock: Clock,
): string {
  switch (item.state) {
    case "retrying":
      return again(item.tries, triesMax, item.dueAt, clock);
    case "waiting":
      return spaced(item.note, untilNote(item.dueAt, clock));
    case "failed":
      return say("step.failed");
    default:
      return item.note;
  }
}
