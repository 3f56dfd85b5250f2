/** One item of the inbox, as the list and the toasts show it. */

import type { Notice } from "../client/notices";
import { isWord, say } from "../model/words";
import { CHECK, CROSS } from "./glyphs";
import { write } from "./parts";
import { clock } from "./stations";

/** The sign of each tone: the path of a stroked 24 × 24 drawing. The server's page has the same. */
export const TONES: Readonly<Record<Notice["tone"], string>> = {
  info: "M12 11v6M12 7h.01",
  success: CHECK,
  warning: "M12 7v6M12 17h.01",
  failure: CROSS,
};

/** What is said of it, in the page's language where the sentence is ours. */
export function sentence({ say: said, text }: Notice): string {
  return said && isWord(said.name) ? say(said.name, { step: said.step ?? "" }) : text;
}

/** A row of the server's making, for one more item. */
export function rowIn(host: HTMLElement): HTMLElement {
  const made = host.querySelector("template")?.content.firstElementChild?.cloneNode(true);
  return made instanceof HTMLElement ? made : document.createElement("li");
}

/** Write an item into its row. */
export function fill(row: HTMLElement, notice: Notice): void {
  row.dataset["id"] = notice.id;
  row.dataset["tone"] = notice.tone;
  row.toggleAttribute("data-unread", !notice.read);
  row.querySelector("path")?.setAttribute("d", TONES[notice.tone]);
  if (notice.url) row.querySelector("a")?.setAttribute("href", notice.url);
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-label", `${button.title}: ${notice.title}`);
  }
  const texts = {
    tone: say(`tone.${notice.tone}`),
    name: notice.title,
    text: sentence(notice),
    at: clock(notice.at),
  };
  for (const [name, text] of Object.entries(texts)) write(row.querySelector(`.flow-${name}`), text);
}

/** Take a row away; who stood on it stands on what may be pressed in `next`, or else on `home`. */
export function takeAway(
  row: Element,
  next: Element | null | undefined,
  home: HTMLElement | null,
): void {
  const had = row.contains(document.activeElement);
  row.remove();
  if (had) (pressableIn(next) ?? home)?.focus();
}

export function pressableIn(row: Element | null | undefined): HTMLElement | null {
  return row?.querySelector<HTMLElement>("a[href],button") ?? null;
}
