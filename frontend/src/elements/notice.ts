/** One item of the inbox, as the list and the toasts show it. */

import type { Notice } from "../client/notices";
import { isWord, say, type Word } from "../model/words";
import { clock } from "./stations";

/** The sign of each tone: the path of a stroked 24 × 24 drawing. The server's page has the same. */
export const TONES: Readonly<Record<Notice["tone"], string>> = {
  info: "M12 11v6M12 7h.01",
  success: "M5.5 12.5l4.3 4.3L18.5 8",
  warning: "M12 6.5v7M12 17h.01",
  failure: "M7 7l10 10M17 7L7 17",
};

/** What is said of it, in the page's language where the sentence is ours. */
export function sentence({ say: said, text }: Notice): string {
  return said && isWord(said.name) ? say(said.name, { step: said.step ?? "" }) : text;
}

/** Write it into a row of the server's making. */
export function fill(row: HTMLElement, notice: Notice): void {
  row.dataset["id"] = notice.id;
  row.dataset["tone"] = notice.tone;
  row.toggleAttribute("data-unread", !notice.read);
  row.querySelector("path")?.setAttribute("d", TONES[notice.tone]);
  const link = row.querySelector("a");
  if (notice.url) link?.setAttribute("href", notice.url);
  for (const button of row.querySelectorAll("button")) {
    button.setAttribute("aria-label", `${button.title}: ${notice.title}`);
  }
  const tone: Word = `tone.${notice.tone}`;
  const texts = {
    tone: say(tone),
    name: notice.title,
    text: sentence(notice),
    at: clock(notice.at),
  };
  for (const [name, text] of Object.entries(texts)) {
    const place = row.querySelector(`.flow-${name}`);
    if (place && place.textContent !== text) place.textContent = text;
  }
}
