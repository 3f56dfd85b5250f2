/** The stations of a line, with what is inside them: from views to the element's parts. */

import type { ItemView, LineView, StepState } from "../client/views";
import { AT_WORK, partOf } from "../model/percent";
import { BLOCKS, isTree, itemNote, placeOf, type RunState, spaced, stepNote } from "../model/run";
import { say } from "../model/words";
import { STEP_GLYPHS } from "./glyphs";
import {
  barOf,
  keepOnly,
  linkOf,
  listOf,
  pieceIn,
  type StationParts,
  stationOf,
  write,
} from "./parts";

const LONG_LINE = 6;
/** A line of more stations stands upright. */

/** Where the links of stations lead. */
export interface Links {
  /** Where this user answers an approval, by step; null = not known yet. */
  readonly answers: ReadonlyMap<string, string> | null;
  /** The page of a run; null where there is none. */
  run(id: string): string | null;
}

export function paintLine(line: HTMLOListElement, view: RunState, isOver: boolean, links: Links) {
  const { steps } = view;
  const at = placeOf(steps);
  const tree = isTree(steps);
  line.hidden = steps.length === 0;
  line.toggleAttribute("data-long", tree || steps.length > LONG_LINE);
  line.toggleAttribute("data-tree", tree);
  paintSteps(line, steps, links, isOver ? -1 : at);
  if (tree) {
    line.querySelector(":scope > .flow-piece")?.remove();
    return;
  }
  const piece = pieceIn(line);
  piece.dataset["state"] = isOver ? view.state : (steps[at]?.state ?? "pending");
  line.style.setProperty("--flow-count", String(steps.length));
  line.style.setProperty("--flow-at", String(at));
}

/** The stations of a list, in order; `at` is where the piece is, or -1. */
export function paintSteps(
  list: HTMLElement,
  steps: readonly StepState[],
  links: Links,
  at = -1,
): void {
  steps.forEach((step, index) => {
    const parts = stationOf(list, step.id, index);
    if (index === at) parts.item.setAttribute("aria-current", "step");
    else parts.item.removeAttribute("aria-current");
    paintStation(parts, step, links);
  });
  keepOnly(list, new Set(steps.map((step) => step.id)));
}

function paintStation(parts: StationParts, step: StepState, links: Links): void {
  const { item } = parts;
  item.dataset["state"] = step.state;
  item.dataset["kind"] = step.kind;
  item.toggleAttribute("data-block", BLOCKS.includes(step.kind));
  parts.glyph.setAttribute("d", STEP_GLYPHS[step.state]);
  write(parts.name, step.title);
  write(parts.said, say(`step.${step.state}`));
  write(parts.note, stepNote(step, clock));
  const isAtWork = AT_WORK.includes(step.state);
  const isWide = step.kind === "for_each" || step.child !== null;
  const said = step.state === "running" && !isWide ? step.progress : null;
  item.toggleAttribute("data-measured", said !== null);
  parts.mark.style.setProperty("--flow-part", String(said ?? 0));
  paintLink(item, step, links);
  barOf(item, isWide && isAtWork ? partOf(step) : null);
  paintItems(item, step);
  paintInside(item, step.lines, links);
}

function paintLink(item: HTMLElement, step: StepState, links: Links): void {
  if (step.kind === "approval" && step.state === "waiting") {
    if (links.answers === null) return; // What the server has written stays until it is known.
    linkOf(item, links.answers.get(step.id) ?? null, say("link.answer"), step.title);
  } else {
    const page = step.child === null ? null : links.run(step.child);
    linkOf(item, page, say("link.child"), step.title);
  }
}

function paintItems(item: HTMLElement, step: StepState): void {
  const list = listOf(item, "flow-items", "items", step.items.length > 0);
  if (list === null) return;
  step.items.forEach((each, index) => {
    const parts = stationOf(list, String(each.index), index);
    parts.item.dataset["state"] = each.state;
    parts.glyph.setAttribute("d", STEP_GLYPHS[each.state]);
    write(parts.name, each.title || say("item", { number: each.index + 1 }));
    write(parts.said, say(`step.${each.state}`));
    write(parts.note, spaced(itemNote(each, step.triesMax, clock)));
    barOf(parts.item, partOfItem(each));
  });
  keepOnly(list, new Set(step.items.map((each) => String(each.index))));
}

function partOfItem(item: ItemView): number | null {
  return AT_WORK.includes(item.state) && item.progress !== null
    ? Math.min(1, Math.max(0, item.progress))
    : null;
}

/** Branches stand side by side, in one list; each other line has a list of its own. */
function paintInside(item: HTMLElement, lines: readonly LineView[], links: Links): void {
  const branches = lines.filter((line) => line.role === "branch").flatMap((line) => line.steps);
  const lists = new Map<string, readonly StepState[]>();
  if (branches.length > 0) lists.set("branch", branches);
  for (const line of lines) {
    if (line.role !== "branch") lists.set(`${line.role} ${line.index}`, line.steps);
  }
  for (const [key, steps] of lists) {
    const list = listOf(item, "flow-inside", key, true);
    if (list !== null) paintSteps(list, steps, links);
  }
  for (const list of item.querySelectorAll<HTMLElement>(":scope > .flow-inside")) {
    if (!lists.has(list.dataset["line"] ?? "")) list.remove();
  }
}

/**
 * The time of an instant in the reader's own zone; with the day where it is not today's. The server writes
 * it so too: what is seen first does not change its form when the script wakes.
 */
export function clock(instant: string | number): string {
  const at = new Date(instant);
  const time = [at.getHours(), at.getMinutes()].map(twoDigits).join(":");
  if (at.toDateString() === new Date().toDateString()) {
    return `${time}:${twoDigits(at.getSeconds())}`;
  }
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${time}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
