/** The line as the server has drawn it, once for each version, with the states of this run upon it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RunState, StepState } from "../../../client/views";
import { problemOf, Refused } from "../../http/ask";
import { useAsked } from "../../http/use";
import { Loading } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { lookOf } from "../../parts/state";
import { isNarrow } from "../../state/narrow";
import { page } from "../../state/page";
import { everyStep } from "./steps";

interface Props {
  readonly digest: string;
  readonly run: RunState;
  /** The step that is looked at. */
  readonly chosen: string;
  readonly onChoose: (step: string) => void;
}

export function Drawing({ digest, run, chosen, onChoose }: Props) {
  const asked = useAsked(digest, () => drawingOf(digest));
  const frame = useRef<HTMLDivElement>(null);
  const picture = useMemo(() => (asked.value ? parsed(asked.value) : null), [asked.value]);
  useEffect(() => {
    if (picture) frame.current?.replaceChildren(picture);
  }, [picture]);
  useEffect(() => {
    if (picture) paint(picture, run, chosen);
  }, [picture, run, chosen]);
  const [size, setSize] = useState<"fit" | "full" | null>(null);
  // On a telephone all of a line at once cannot be read: it is as large as elsewhere, and scrolls.
  const shown = size ?? (isNarrow.value ? "full" : "fit");
  useEffect(() => {
    if (shown === "full" && picture && frame.current) bringIntoSight(picture, frame.current);
  }, [picture, shown]);
  if (asked.problem) return <ProblemNote problem={asked.problem} />;
  return (
    <>
      {!picture && <Loading />}
      <div class="drawing-acts">
        <button
          type="button"
          class="button"
          onClick={() => setSize(shown === "fit" ? "full" : "fit")}
        >
          {shown === "fit" ? "Full size" : "Fit the width"}
        </button>
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the outline beside it is for the keyboard */}
      <div
        class="drawing"
        data-size={shown}
        ref={frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        role="region"
        aria-label="The line, drawn"
        onClick={({ target }) => {
          const step = target instanceof Element ? target.closest("[data-step]") : null;
          if (step) onChoose(step.getAttribute("data-step") ?? "");
        }}
      />
    </>
  );
}

const drawn = new Map<string, Promise<string>>();

/** A version never changes: it is fetched once. */
export function drawingOf(digest: string): Promise<string> {
  const known = drawn.get(digest) ?? fetched(digest);
  drawn.set(digest, known);
  known.catch(() => drawn.delete(digest));
  return known;
}

async function fetched(digest: string): Promise<string> {
  const url = `${page.api}/definitions/${encodeURIComponent(digest)}/drawing`;
  const response = await fetch(url, { credentials: "same-origin" });
  if (response.ok) return response.text();
  throw new Refused(problemOf(await response.json().catch(() => null), response.status));
}

const DRAWN: ReadonlySet<string> = new Set(["svg", "g", "rect", "path", "text", "title", "desc"]);
const NOT_TAKEN = /^on|^style$|^href$|:href$/i;
const STYLE = /<style>[\s\S]*?<\/style>/;

/** The picture as a part of this page: its own style stays out, and so does all that is no drawing. */
export function parsed(text: string): SVGSVGElement | null {
  const found = new DOMParser().parseFromString(text.replace(STYLE, ""), "image/svg+xml");
  const picture = document.importNode(found.documentElement, true);
  if (!(picture instanceof SVGSVGElement)) return null;
  for (const each of picture.querySelectorAll("*")) {
    if (!DRAWN.has(each.localName)) each.remove();
    for (const { name } of [...each.attributes]) {
      if (NOT_TAKEN.test(name)) each.removeAttribute(name);
    }
  }
  return picture;
}

/** Puts the states of the steps on their boxes; only what has changed is touched. */
function paint(picture: SVGSVGElement, run: RunState, chosen: string): void {
  const steps = new Map(everyStep(run).map(({ step }) => [step.id, step]));
  for (const box of picture.querySelectorAll<SVGGElement>("[data-step]")) {
    const id = box.dataset["step"] ?? "";
    const step = steps.get(id);
    const state = step?.state ?? "pending";
    count(box, step);
    if (box.dataset["state"] !== state) {
      box.dataset["state"] = state;
      box.dataset["tone"] = lookOf(state).tone;
    }
    box.classList.toggle("is-chosen", id === chosen);
  }
}

/** The chosen step stands in the middle of the frame; the page around it does not move. */
function bringIntoSight(picture: SVGSVGElement, frame: HTMLElement): void {
  const box = picture.querySelector(".is-chosen")?.getBoundingClientRect();
  if (!box) return;
  const { left, top, width, height } = frame.getBoundingClientRect();
  frame.scrollBy(
    box.left + box.width / 2 - left - width / 2,
    box.top + box.height / 2 - top - height / 2,
  );
}

/** A fan-out is one box, and below it stands how far its items are. */
function count(box: SVGGElement, step: StepState | undefined): void {
  const counts = step?.counts;
  const known = box.querySelector<SVGTextElement>(":scope > .count");
  const frame = box.querySelector(":scope > rect");
  if (!counts || step.kind !== "for_each" || !frame) {
    known?.remove();
    return;
  }
  const text = known ?? document.createElementNS("http://www.w3.org/2000/svg", "text");
  const failed = counts.failed ? ` · ${counts.failed.toLocaleString("en")} failed` : "";
  const done = `${counts.done.toLocaleString("en")} of ${counts.total.toLocaleString("en")}`;
  const says = `${done}${failed}`;
  if (text.textContent !== says) text.textContent = says;
  if (known) return;
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) =>
    Number(frame.getAttribute(name) ?? 0),
  );
  text.setAttribute("class", "count note");
  text.setAttribute("x", String((x ?? 0) + (width ?? 0) / 2 + 10));
  text.setAttribute("y", String((y ?? 0) + (height ?? 0) + 15));
  box.append(text);
}
