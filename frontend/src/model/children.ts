/** The runs that steps have started, and the approvals that wait: what a page asks for besides. */

import type { RunState, StepState } from "../client/views";
import { percentOf } from "./percent";

/** The view with what is known of the runs that its steps have started: percentages by run. */
export function withChildren(view: RunState, percents: ReadonlyMap<string, number>): RunState {
  if (percents.size === 0 || view.steps.length === 0) return view;
  const steps = view.steps.map((step) => knowing(step, percents));
  return { ...view, steps, percent: percentOf(view.state, steps) };
}

function knowing(step: StepState, percents: ReadonlyMap<string, number>): StepState {
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
export function childrenAtWork(view: RunState): readonly string[] {
  const found: string[] = [];
  const add = (steps: readonly StepState[]) => {
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
export function approvalsWaiting(view: RunState): readonly string[] {
  const within = (steps: readonly StepState[]): string[] =>
    steps.flatMap((step) => [
      ...(step.kind === "approval" && step.state === "waiting" ? [step.id] : []),
      ...step.lines.flatMap((line) => within(line.steps)),
    ]);
  return within(view.steps);
}
