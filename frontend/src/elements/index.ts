/** The elements for end users' pages. Loading this file defines them. */

import "./flow-progress.css";
import "./inside.css";
import "./variants.css";
import "./flow-item.css";
import "./flow-inbox.css";
import "./flow-toasts.css";
import { speak } from "../model/words";
import { FlowConnection } from "./flow-connection";
import { FlowProgress } from "./flow-progress";

// Before the elements wake: what they say is in the page's language from the first word on.
speak(wordsOf(document.getElementById("flow-words")));

/** What a page has only here and there is loaded by the page that has it. */
const LATER: Readonly<Record<string, () => Promise<CustomElementConstructor>>> = {
  "flow-inbox": async () => (await import("./flow-inbox")).FlowInbox,
  "flow-toasts": async () => (await import("./flow-toasts")).FlowToasts,
  "flow-button": async () => (await import("./flow-button")).FlowButton,
};

define("flow-progress", FlowProgress);
define("flow-connection", FlowConnection);
for (const [name, load] of Object.entries(LATER)) {
  const there = document.getElementsByTagName(name);
  const look = () => {
    if (there.length === 0) return;
    watching.disconnect();
    load().then((element) => define(name, element), watch);
  };
  const watching = new MutationObserver(look);
  // Once more where it could not be loaded: with whatever changes next.
  const watch = () => watching.observe(document, { subtree: true, childList: true });
  watch();
  look();
}

export { FlowConnection, FlowProgress };

function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

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
