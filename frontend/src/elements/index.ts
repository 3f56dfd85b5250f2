/** The elements for end users' pages. Loading this file defines them. */

import "./flow-progress.css";
import "./inside.css";
import { speak } from "../model/words";
import { FlowProgress } from "./flow-progress";

// Before the elements wake: what they say is in the page's language from the first word on.
speak(wordsOf(document.getElementById("flow-words")));

if (customElements.get("flow-progress") === undefined) {
  customElements.define("flow-progress", FlowProgress);
}

export { FlowProgress };

function wordsOf(script: HTMLElement | null): ReadonlyMap<string, string> {
  try {
    const words: unknown = JSON.parse(script?.textContent ?? "{}");
    return new Map(
      Object.entries(typeof words === "object" && words !== null ? words : {}).map(
        ([name, text]) => [name, String(text)],
      ),
    );
  } catch {
    return new Map();
  }
}
