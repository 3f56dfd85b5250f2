/** The elements for end users' pages. Loading this file defines them. */

import "./flow-progress.css";
import "./inside.css";
import "./variants.css";
import "./flow-item.css";
import "./flow-inbox.css";
import "./flow-toasts.css";
import { speak } from "../model/words";
import { FlowButton } from "./flow-button";
import { FlowConnection } from "./flow-connection";
import { FlowInbox } from "./flow-inbox";
import { FlowProgress } from "./flow-progress";
import { FlowToasts } from "./flow-toasts";

// Before the elements wake: what they say is in the page's language from the first word on.
speak(JSON.parse(document.getElementById("flow-words")?.textContent ?? "{}"));

const ELEMENTS = {
  "flow-progress": FlowProgress,
  "flow-inbox": FlowInbox,
  "flow-toasts": FlowToasts,
  "flow-button": FlowButton,
  "flow-connection": FlowConnection,
};

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
