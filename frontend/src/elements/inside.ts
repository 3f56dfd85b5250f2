/** What is inside a station, and where it leads: branches, items, bars and links. */

import type { ItemView, LineView, RunState, StepState } from "../client/views";
import { itemNote } from "../model/items";
import { bounded, partOf } from "../model/percent";
import { AT_WORK } from "../model/run";
import { say } from "../model/words";
import { paintRows, partIn, removeIn, write } from "./parts";
import { clock, paintStation, paintSteps } from "./stations";

/** Where the links of stations lead. */
export interface Links {
  /** Where this user answers an approval, by step; undefined = not known yet. */
  readonly answers: ReadonlyMap<string, string> | undefined;
  /** The page of a run; undefined where there is none. */
  run(id: string): string | undefined;
}

/** What runs after the end, and how far the undoing is. */
export function paintAround(host: Element, view: RunState, links: Links): void {
  const hooks = partIn(host, "ol", "hooks");
  const bar = partIn(host, "progress", "undo");
  hooks.hidden = view.hooks.length === 0;
  hooks.setAttribute("aria-label", say("afterwards"));
  paintSteps(hooks, view.hooks, (station, step) => paintInside(station, step, links));
  const { undo } = view;
  bar.hidden = !undo || view.state !== "compensating";
  if (!undo) return;
  bar.max = Math.max(1, undo.total);
  bar.value = undo.done + undo.failed;
  bar.setAttribute("aria-label", say("place.undone", undo));
}

export function paintInside(station: Element, step: StepState, links: Links): void {
  const isWide = step.kind === "for_each" || step.child !== null;
  paintLink(station, step, links);
  paintBar(station, isWide && AT_WORK.includes(step.state) ? partOf(step) : null);
  paintItems(station, step);
  paintLines(station, step.lines, links);
}

function paintLink(station: Element, step: StepState, links: Links): void {
  const isAsking = step.kind === "approval" && step.state === "waiting";
  if (isAsking && !links.answers) return; // What the server has written stays until it is known.
  const href = isAsking ? links.answers?.get(step.id) : step.child && links.run(step.child);
  if (!href) {
    removeIn(station, "go");
    return;
  }
  const text = say(isAsking ? "link.answer" : "link.child");
  const link = partIn(station, "a", "go");
  link.setAttribute("href", href);
  link.setAttribute("aria-label", `${text}: ${step.title}`);
  write(link, text);
}

/** The small bar of a station. What it says is in the note as well. */
function paintBar(station: Element, part: number | null): void {
  if (part === null) {
    removeIn(station, "part");
    return;
  }
  const bar = partIn(station, "progress", "part");
  bar.setAttribute("aria-hidden", "true");
  bar.value = part;
}

function paintItems(station: Element, { items, triesMax }: StepState): void {
  const list = lineIn(station, "items", "items", items.length > 0);
  if (!list) return;
  const keyOf = (item: ItemView) => `${item.index}`;
  paintRows(list, "step", items, keyOf, (row, item) => {
    const title = item.title || say("item", { number: item.index + 1 });
    paintStation(row, item.state, title, itemNote(item, triesMax, clock));
    const isTold = AT_WORK.includes(item.state) && item.progress !== null;
    paintBar(row, isTold ? bounded(item.progress) : null);
  });
}

/** Branches stand side by side, in one list; each other line has a list of its own. */
function paintLines(station: Element, lines: readonly LineView[], links: Links): void {
  const lists = new Map<string, StepState[]>();
  for (const { role, index, steps } of lines) {
    const key = role === "branch" ? role : `${role} ${index}`;
    lists.set(key, [...(lists.get(key) ?? []), ...steps]);
  }
  for (const [key, steps] of lists) {
    const list = lineIn(station, "inside", key, steps.length > 0);
    if (list) paintSteps(list, steps, (inner, step) => paintInside(inner, step, links));
  }
  for (const list of station.querySelectorAll<HTMLElement>(":scope > .flow-inside")) {
    if (!lists.has(list.dataset["line"] ?? "")) list.remove();
  }
}

/** The list of that key inside a station, made where it is missing; taken away where it is not wanted. */
function lineIn(station: Element, name: string, key: string, isWanted: boolean): Element | null {
  const found = station.querySelector(`:scope > .flow-${name}[data-line="${key}"]`);
  if (found || !isWanted) {
    if (!isWanted) found?.remove();
    return isWanted ? found : null;
  }
  const made = document.createElement("ol");
  made.className = `flow-${name}`;
  made.dataset["line"] = key;
  return station.appendChild(made);
}
