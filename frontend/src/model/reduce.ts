/**
 * (RunState, entries) -> RunState. An entry is a part of the view as it is now, so one that comes twice,
 * or after a snapshot that knew it already, does no harm; and no rule of the engine is repeated here.
 */

import type { Fields } from "../client/fields";
import { type RunState, readPart, readStep, type StepState } from "../client/views";

/** The run after an entry; null where it speaks of what the view has not: ask for all of it. */
export function runAfter(view: RunState, type: unknown, part: Fields): RunState | null {
  switch (type) {
    case "run":
      return { ...view, ...readPart(part) };
    case "step": {
      const steps = replaced(view.steps, readStep(part));
      return steps && { ...view, steps };
    }
    case "hook": {
      const hook = readStep(part);
      return { ...view, hooks: replaced(view.hooks, hook) ?? [...view.hooks, hook] };
    }
    default:
      // Of a newer server.
      return null;
  }
}

/** The steps with `news` in place of the one of its id, at any depth; null where there is none. */
function replaced(steps: readonly StepState[], news: StepState): readonly StepState[] | null {
  for (const [index, step] of steps.entries()) {
    const found = step.id === news.id ? news : within(step, news);
    if (found !== null) return steps.with(index, found);
  }
  return null;
}

function within(step: StepState, news: StepState): StepState | null {
  for (const [index, line] of step.lines.entries()) {
    const steps = replaced(line.steps, news);
    if (steps !== null) return { ...step, lines: step.lines.with(index, { ...line, steps }) };
  }
  return null;
}
