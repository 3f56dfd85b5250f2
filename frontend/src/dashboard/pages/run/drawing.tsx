/** The line as the server has drawn it, once for each version, with the states of this run upon it. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import type { RunState } from "../../../client/views";
import { problemOf, Refused } from "../../http/ask";
import { useAsked } from "../../http/use";
import { Loading } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { lookOf } from "../../parts/state";
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
  if (asked.problem) return <ProblemNote problem={asked.problem} />;
  return (
    <>
      {!picture && <Loading />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the outline beside it is for the keyboard */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the outline beside it is for the keyboard */}
      <div
        class="drawing"
        ref={frame}
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
    const state = steps.get(id)?.state ?? "pending";
    if (box.dataset["state"] !== state) {
      box.dataset["state"] = state;
      box.dataset["tone"] = lookOf(state).tone;
    }
    box.classList.toggle("is-chosen", id === chosen);
  }
}
