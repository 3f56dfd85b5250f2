/**
 * (RunView, entries) -> RunView. An entry is a part of the view as it is now, so one that comes twice,
 * or after a snapshot that knew it already, does no harm; and no rule of the engine is repeated here.
 */

import type { Entry } from "../client/protocol";
import type { RunView, StepView } from "../client/views";
import { percentOf } from "./percent";

/** The view after `entries`; null where one speaks of what the view has not: ask for all of it. */
export function reduceAll(view: RunView, entries: readonly Entry[]): RunView | null {
  let after: RunView | null = view;
  for (const entry of entries) {
    after = reduce(after, entry);
    if (after === null) return null;
  }
  return after.steps.length === 0
    ? after
    : { ...after, percent: percentOf(after.state, after.steps) };
}

function reduce(view: RunView, entry: Entry): RunView | null {
  switch (entry.kind) {
    case "run":
      return { ...view, ...entry.run };
    case "step": {
      const steps = replaced(view.steps, entry.step);
      return steps === null ? null : { ...view, steps };
    }
    case "hook":
      return { ...view, hooks: replaced(view.hooks, entry.step) ?? [...view.hooks, entry.step] };
    case "unknown":
      return null;
    default:
      return assertNever(entry);
  }
}

/** The steps with `news` in place of the one of its id, at any depth; null where there is none. */
function replaced(steps: readonly StepView[], news: StepView): readonly StepView[] | null {
  for (const [index, step] of steps.entries()) {
    const found = step.id === news.id ? news : within(step, news);
    if (found !== null) return steps.with(index, found);
  }
  return null;
}

function within(step: StepView, news: StepView): StepView | null {
  for (const [index, line] of step.lines.entries()) {
    const steps = replaced(line.steps, news);
    if (steps !== null) return { ...step, lines: step.lines.with(index, { ...line, steps }) };
  }
  return null;
}

/** The view with what is known of the runs that its steps have started: percentages by run. */
export function withChildren(view: RunView, percents: ReadonlyMap<string, number>): RunView {
  if (percents.size === 0 || view.steps.length === 0) return view;
  const steps = view.steps.map((step) => knowing(step, percents));
  return { ...view, steps, percent: percentOf(view.state, steps) };
}

function knowing(step: StepView, percents: ReadonlyMap<string, number>): StepView {
  const progressOf = (child: string | null, said: number | null) => {
    const percent = child === null ? undefined : percents.get(child);
    return percent === undefined ? said : percent / 100;
  };
  return {
    ...step,
    progress: progressOf(step.child, step.progress),
    items: step.items.map((item) => ({ ...item, progress: progressOf(item.child, item.progress) })),
    lines: step.lines.map((line) => ({
      ...line,
      steps: line.steps.map((each) => knowing(each, percents)),
    })),
  };
}

/** The runs that steps at work have started: what a page follows besides, to know how far they are. */
export function childrenAtWork(view: RunView): readonly string[] {
  const found: string[] = [];
  const add = (steps: readonly StepView[]) => {
    for (const step of steps) {
      if (step.child !== null && step.state === "waiting") found.push(step.child);
      for (const item of step.items) {
        if (item.child !== null && item.state === "waiting") found.push(item.child);
      }
      for (const line of step.lines) add(line.steps);
    }
  };
  add(view.steps);
  return found;
}

/** The approvals that wait for an answer, by step. */
export function approvalsWaiting(view: RunView): readonly string[] {
  const within = (steps: readonly StepView[]): string[] =>
    steps.flatMap((step) => [
      ...(step.kind === "approval" && step.state === "waiting" ? [step.id] : []),
      ...step.lines.flatMap((line) => within(line.steps)),
    ]);
  return within(view.steps);
}

function assertNever(value: never): never {
  throw new Error(`unhandled: ${JSON.stringify(value)}`);
}
