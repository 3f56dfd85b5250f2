/** From values to the element's parts; writes what has changed and asks nothing. */

import type { End } from "../client/topic";
import {
  ending,
  headline,
  isFinal,
  outlook,
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
import { clock, type PaintInside, paintLine } from "./stations";

export function paintPending(host: HTMLElement, parts: Parts): void {
  paintState(host, parts, "pending");
  paintNow(parts, say("say.pending"), "", null);
}

export function paintEnd(host: HTMLElement, parts: Parts, end: End): void {
  if (end.kind === "no-run") {
    paintState(host, parts, "ended");
    paintNow(parts, ending(end.outcome, end.message), "", null);
  } else {
    host.dataset["denied"] = end.reason;
  }
}

/** `percent`: what is shown of it, which never goes back. */
export function paintRun(
  host: HTMLElement,
  parts: Parts,
  view: RunState,
  percent: number,
  inside: PaintInside,
  now: number,
): void {
  const isOver = isFinal(view.state);
  paintState(host, parts, view.state);
  write(parts.title, host.getAttribute("label") ?? view.title);
  const step = view.steps[placeOf(view.steps)];
  const note = step?.state === "running" && !isOver ? step.note : "";
  paintNow(
    parts,
    headline(view),
    spaced(
      place(view),
      note,
      outlook(view, now, (at) => clock(at, false)),
    ),
    percent,
  );
  paintLine(parts.line, view, isOver, inside);
}

function paintState(host: HTMLElement, { word, glyph }: Parts, state: ShownState): void {
  host.dataset["state"] = state;
  write(word, say(`run.${state}`));
  glyph.setAttribute("d", RUN_GLYPHS[state]);
}

function paintNow(parts: Parts, sentence: string, where: string, percent: number | null): void {
  const share = percent === null ? "" : `${percent} %`;
  write(parts.headline, sentence);
  write(parts.place, where);
  write(parts.percent, share);
  parts.percent.style.setProperty("--flow-share", `${percent ?? 0}`);
  if (percent === null) parts.progress.removeAttribute("value");
  else parts.progress.value = percent;
  parts.progress.setAttribute("aria-valuetext", spoken(share, sentence, where));
}
