/** From values to the element's parts; writes what has changed and asks nothing. */

import type { End } from "../client/subscription";
import {
  headline,
  isFinal,
  place,
  placeOf,
  RUN_WORDS,
  type RunView,
  type ShownState,
  STEP_WORDS,
  type StepView,
  spoken,
  stepNote,
} from "../model/run";
import { RUN_GLYPHS, STEP_GLYPHS } from "./glyphs";
import { type Parts, pieceIn, stationOf, write } from "./parts";

export type Shown =
  | { readonly kind: "pending" }
  | { readonly kind: "run"; readonly view: RunView; readonly percent: number }
  | { readonly kind: "ended"; readonly end: End };

const LONG_LINE = 6;
/** A line of more stations stands upright. */

export function paint(host: HTMLElement, parts: Parts, shown: Shown): void {
  switch (shown.kind) {
    case "pending":
      paintState(host, parts, "pending");
      paintNow(parts, "Waiting for this to begin.", "", null);
      return;
    case "ended":
      paintEnd(host, parts, shown.end);
      return;
    case "run":
      paintRun(host, parts, shown.view, shown.percent);
      return;
    default:
      assertNever(shown);
  }
}

function paintEnd(host: HTMLElement, parts: Parts, end: End): void {
  if (end.kind === "no-run") {
    paintState(host, parts, "ended");
    paintNow(parts, end.message, "", null);
  } else {
    host.dataset["denied"] = end.reason;
  }
}

function paintRun(host: HTMLElement, parts: Parts, view: RunView, percent: number): void {
  paintState(host, parts, view.state);
  write(parts.title, host.getAttribute("label") ?? view.title);
  const step = view.steps[placeOf(view.steps)];
  const note = step?.state === "running" ? step.note : "";
  const where = [place(view), isFinal(view.state) ? "" : note].filter((text) => text !== "");
  paintNow(parts, headline(view), where.join(" · "), percent);
  paintLine(parts.line, view);
}

function paintState(host: HTMLElement, parts: Parts, state: ShownState): void {
  host.dataset["state"] = state;
  write(parts.word, RUN_WORDS[state]);
  parts.chipGlyph.setAttribute("d", RUN_GLYPHS[state]);
}

function paintNow(parts: Parts, sentence: string, where: string, percent: number | null): void {
  write(parts.headline, sentence);
  write(parts.place, where);
  write(parts.percent, percent === null ? "" : `${percent} %`);
  if (percent === null) {
    parts.progress.removeAttribute("value");
  } else {
    parts.progress.value = percent;
  }
  const share = percent === null ? "" : `${percent} %`;
  parts.progress.setAttribute("aria-valuetext", spoken(share, sentence, where));
}

function paintLine(line: HTMLOListElement, view: RunView): void {
  line.hidden = view.steps.length === 0;
  line.toggleAttribute("data-long", view.steps.length > LONG_LINE);
  const at = placeOf(view.steps);
  view.steps.forEach((step, index) => {
    paintStation(line, step, index, index === at && !isFinal(view.state));
  });
  const known = new Set(view.steps.map((step) => step.id));
  for (const item of [...line.children]) {
    if (item instanceof HTMLLIElement && item.dataset["step"] !== undefined) {
      if (!known.has(item.dataset["step"])) item.remove();
    }
  }
  const piece = pieceIn(line);
  piece.dataset["state"] = isFinal(view.state) ? view.state : (view.steps[at]?.state ?? "pending");
  line.style.setProperty("--flow-count", String(view.steps.length));
  line.style.setProperty("--flow-at", String(at));
}

function paintStation(
  line: HTMLOListElement,
  step: StepView,
  index: number,
  isCurrent: boolean,
): void {
  const parts = stationOf(line, step.id, index);
  parts.item.dataset["state"] = step.state;
  if (isCurrent) parts.item.setAttribute("aria-current", "step");
  else parts.item.removeAttribute("aria-current");
  parts.glyph.setAttribute("d", STEP_GLYPHS[step.state]);
  write(parts.name, step.title);
  write(parts.said, STEP_WORDS[step.state]);
  write(parts.note, stepNote(step, clock));
  const said = step.state === "running" ? step.progress : null;
  parts.item.toggleAttribute("data-measured", said !== null);
  parts.mark.style.setProperty("--flow-part", String(said ?? 0));
}

/** The time of an instant, in the reader's own zone and manner. */
export function clock(instant: string | number): string {
  return new Date(instant).toLocaleTimeString(undefined, { timeStyle: "medium" });
}

function assertNever(value: never): never {
  throw new Error(`unhandled: ${JSON.stringify(value)}`);
}
