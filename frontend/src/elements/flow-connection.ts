/** `<flow-connection>`: a strip that says when the page is not live; hidden while it is. */

import { environment } from "../client/environment";
import type { Page } from "../client/page";
import { say } from "../model/words";
import { each, on, Part } from "./part";
import { write } from "./parts";

/** A page that is just being opened, or a socket that comes back at once, is nothing to speak of. */
const PATIENCE_MS = 1_500;

export class FlowConnection extends Part {
  protected start({ status }: Page, over: AbortSignal): void {
    let cancel = () => {};
    const look = () => {
      const { value } = status;
      this.dataset["status"] = value;
      cancel();
      if (value === "live" || value === "idle") this.hidden = true;
      else if (this.hidden) cancel = environment.after(PATIENCE_MS, () => this.#show(value));
      else this.#show(value);
    };
    on(window, "online offline", over, look);
    over.addEventListener("abort", () => cancel());
    each(status, over, look);
  }

  #show(status: string): void {
    const isOff = !navigator.onLine;
    const word = status === "denied" ? "live.signed_out" : isOff ? "live.offline" : "live.lost";
    // Shown first: a region that is born with its text is not read.
    this.hidden = false;
    write(this.one(".flow-strip"), say(word));
  }
}
