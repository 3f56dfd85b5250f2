/** From values to the element's parts; writes what has changed and asks nothing. */

import type { End } from "../client/topic";
import {
  ending,
  headline,
  isFinal,
  place,
  placeOf,
  type RunState,
  type ShownState,
  spaced,
  spoken,
} from "../model/run";
import { say } from "../model/words";
import { RUN_GLYPHS } from "./glyphs";
import { type Parts, write } from "./parts";
import { type Links, paintLine, paintSteps } from "./stations";

export type Shown =
  | { readonly kind: "pending" }
  | {
      readonly kind: "run";
      readonly view: RunState;
      readonly percent: number;
      readonly links: Links;
    }
  | { readonly kind: "ended"; readonly end: End };

export function paint(host: HTMLElement, parts: Parts, shown: Shown): void {
  switch (shown.kind) {
    case "pending":
      paintState(host, parts, "pending");
      paintNow(parts, say("say.pending"), "", null);
      return;
    case "ended":
      paintEnd(host, parts, shown.end);
      return;
    case "run":
      paintRun(host, parts, shown.view, shown.percent, shown.links);
      return;
    default:
      assertNever(shown);
  }
}

function paintEnd(host: HTMLElement, parts: Parts, end: End): void {
  if (end.kind === "no-run") {
    paintState(host, parts, "ended");
    paintNow(parts, ending(end.outcome, end.message), "", null);
  } else {
    host.dataset["denied"] = end.reason;
  }
}

function paintRun(
  host: HTMLElement,
  parts: Parts,
  view: RunState,
  percent: number,
  links: Links,
): void {
  const isOver = isFinal(view.state);
  paintState(host, parts, view.state);
  write(parts.title, host.getAttribute("label") ?? view.title);
  const step = view.steps[placeOf(view.steps)];
  const note = step?.state === "running" && !isOver ? step.note : "";
  paintNow(parts, headline(view), spaced(place(view), note), percent);
  paintUndo(parts.undo, view);
  paintLine(parts.line, view, isOver, links);
  parts.hooks.hidden = view.hooks.length === 0;
  parts.hooks.setAttribute("aria-label", say("afterwards"));
  paintSteps(parts.hooks, view.hooks, links);
}

function paintUndo(bar: HTMLProgressElement, view: RunState): void {
  bar.hidden = view.undo === null || view.state !== "compensating";
  if (view.undo === null) return;
  bar.max = Math.max(1, view.undo.total);
  bar.value = view.undo.done + view.undo.failed;
  bar.setAttribute("aria-label", say("place.undone", view.undo));
}

function paintState(host: HTMLElement, parts: Parts, state: ShownState): void {
  host.dataset["state"] = state;
  write(parts.word, say(`run.${state}`));
  parts.chipGlyph.setAttribute("d", RUN_GLYPHS[state]);
}

function paintNow(parts: Parts, sentence: string, where: string, percent: number | null): void {
  write(parts.headline, sentence);
  write(parts.place, where);
  write(parts.percent, percent === null ? "" : `${percent} %`);
  parts.percent.style.setProperty("--flow-share", String(percent ?? 0));
  if (percent === null) {
    parts.progress.removeAttribute("value");
  } else {
    parts.progress.value = percent;
  }
  const share = percent === null ? "" : `${percent} %`;
  parts.progress.setAttribute("aria-valuetext", spoken(share, sentence, where));
}

function assertNever(value: never): never {
  throw new Error(`unhandled: ${JSON.stringify(value)}`);
}
