/** The elements for end users' pages. Loading this file defines them. */

import "./flow-progress.css";
import { FlowProgress } from "./flow-progress";

if (customElements.get("flow-progress") === undefined) {
  customElements.define("flow-progress", FlowProgress);
}

export { FlowProgress };
