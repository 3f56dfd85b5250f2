/** The stations of a line: from views to the element's parts. */

import type { StepState, StepStateName } from "../client/views";
import { BLOCKS, isTree, placeOf, type RunState, stepNote } from "../model/run";
import { say } from "../model/words";
import { STEP_GLYPHS } from "./glyphs";
import { glyphIn, paintRows, partIn, removeIn, write } from "./parts";

/** A line of more stations stands upright. */
const LONG_LINE = 6;

/** What is inside a station, or leads from it; undefined where nothing is, or it is not loaded yet. */
export type PaintInside = ((station: HTMLElement, step: StepState) => void) | undefined;

export function paintLine(
  line: HTMLElement,
  view: RunState,
  isOver: boolean,
  inside: PaintInside,
): void {
  const { steps } = view;
  const at = placeOf(steps);
  const tree = isTree(steps);
  line.hidden = steps.length === 0;
  line.toggleAttribute("data-long", tree || steps.length > LONG_LINE);
  line.toggleAttribute("data-tree", tree);
  paintSteps(line, steps, inside, isOver ? -1 : at);
  if (tree) {
    removeIn(line, "piece");
    return;
  }
  // The piece that moves along the line: only a script can move it, so only a script makes it.
  const piece = partIn(line, "li", "piece");
  piece.setAttribute("role", "presentation");
  piece.setAttribute("aria-hidden", "true");
  piece.dataset["state"] = isOver ? view.state : (steps[at]?.state ?? "pending");
  line.style.setProperty("--flow-count", `${steps.length}`);
  line.style.setProperty("--flow-at", `${at}`);
}

/** The stations of a list, in order; `at` is where the piece is, or -1. */
export function paintSteps(
  list: Element,
  steps: readonly StepState[],
  inside: PaintInside,
  at = -1,
): void {
  const idOf = (step: StepState) => step.id;
  paintRows(list, "step", steps, idOf, (station, step, index) => {
    paintStation(station, step.state, step.title, stepNote(step, clock));
    if (index === at) station.setAttribute("aria-current", "step");
    else station.removeAttribute("aria-current");
    station.dataset["kind"] = step.kind;
    station.toggleAttribute("data-block", BLOCKS.includes(step.kind));
    const isWide = step.kind === "for_each" || step.child !== null;
    const said = step.state === "running" && !isWide ? step.progress : null;
    station.toggleAttribute("data-measured", said !== null);
    partIn(station, "span", "mark").style.setProperty("--flow-part", `${said ?? 0}`);
    // What the server has written stays until then.
    inside?.(station, step);
  });
}

/** What a step and an item of a loop have in common. */
export function paintStation(
  station: HTMLElement,
  state: StepStateName,
  name: string,
  note: string,
): void {
  station.dataset["state"] = state;
  const mark = partIn(station, "span", "mark");
  mark.setAttribute("aria-hidden", "true");
  glyphIn(mark).setAttribute("d", STEP_GLYPHS[state]);
  write(partIn(station, "span", "name"), name);
  write(partIn(station, "span", "word"), say(`step.${state}`));
  write(partIn(station, "span", "note"), note);
}

/**
 * The time of an instant in the reader's own zone; with the day where it is not today's. The server writes
 * it so too: what is seen first does not change its form when the script wakes.
 */
export function clock(instant: string | number, isExact = true): string {
  const at = new Date(instant);
  const time = [at.getHours(), at.getMinutes()].map(twoDigits).join(":");
  if (at.toDateString() === new Date().toDateString()) {
    return isExact ? `${time}:${twoDigits(at.getSeconds())}` : time;
  }
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${time}`;
}

function twoDigits(number: number): string {
  return `${number}`.padStart(2, "0");
}
