/**
 * `<flow-progress run-id="…">`: one run as a line of stations, live.
 *
 * The server has written how the run stood (`{% flow_progress run %}`), with its position beside it in
 * a JSON script; from there the element follows. It says of itself whether what it shows is live, or as
 * of when. Events, all bubbling: `flow-progress` on each change, `flow-done` and `flow-failed` at the
 * end, if it is seen to end; `detail` is the view.
 */

import { connectionTo, pollAt } from "../client/browser";
import type { Watch } from "../client/connection";
import {
  type Change,
  type Frame,
  type Position,
  type Progress,
  parseFrame,
} from "../client/protocol";
import type { End, Listener } from "../client/subscription";
import { reduceAll } from "../model/reduce";
import { headline, isFinal, place, type RunView, spoken } from "../model/run";
import { Announcer } from "./announcer";
import { clock, paint } from "./paint";
import { type Parts, partsOf, write } from "./parts";

const SOCKET = "/flow/ws/";
const DENIED: Readonly<Record<string, string>> = {
  "signed-out": "Signed out",
  too_many: "Not live: too many on one page",
};

export class FlowProgress extends HTMLElement implements Listener {
  #parts: Parts | null = null;
  #watch: Watch | null = null;
  #announcer: Announcer | null = null;
  #view: RunView | null = null;
  /** The highest percentage shown; it never goes back while it is the same run. */
  #percent = 0;

  connectedCallback(): void {
    if (document.readyState === "loading") {
      // The parser has met the start tag only: what the server has written inside is still to come.
      document.addEventListener("DOMContentLoaded", () => this.#start(), { once: true });
    } else {
      this.#start();
    }
  }

  disconnectedCallback(): void {
    this.#watch?.stop();
    this.#announcer?.stop();
    this.#watch = null;
    this.#parts = null;
  }

  #start(): void {
    const runId = this.getAttribute("run-id");
    if (runId === null || this.#watch !== null || !this.isConnected) return;
    const parts = partsOf(this);
    this.#parts = parts;
    this.#announcer = new Announcer((text) => write(parts.said, text), {
      now: () => performance.now(),
      after: (delayMs, action) => {
        const timer = setTimeout(action, delayMs);
        return () => clearTimeout(timer);
      },
    });
    if (!parts.progress.hasAttribute("aria-label")) {
      parts.progress.setAttribute("aria-label", this.getAttribute("label") ?? "Progress");
    }
    const topic = `run:${runId}`;
    const position = this.#begin();
    if (position === "over") return;
    const url = this.getAttribute("poll");
    if (url !== null) pollAt(topic, url);
    this.#watch = connectionTo(this.getAttribute("socket") ?? SOCKET).watch(topic, position, this);
  }

  snapshot(view: RunView, isNewEpoch: boolean): void {
    if (isNewEpoch) this.#percent = 0;
    this.#show(view);
  }

  changes(changes: readonly (Change | Progress)[]): boolean {
    const after = this.#view === null ? null : reduceAll(this.#view, changes);
    if (after === null) return false;
    this.#show(after);
    return true;
  }

  pending(): void {
    if (this.#parts !== null) paint(this, this.#parts, { kind: "pending" });
  }

  ended(end: End): void {
    if (this.#parts === null) return;
    paint(this, this.#parts, { kind: "ended", end });
    if (end.kind === "no-run") {
      this.dataset["link"] = "over";
      write(this.#parts.link, "");
      this.#announcer?.sayNow(end.message);
      this.#tell("flow-failed", { state: end.outcome, message: end.message });
    } else {
      this.dataset["link"] = "denied";
      write(this.#parts.link, DENIED[end.reason] ?? "No longer shown to you");
    }
  }

  freshness(isLive: boolean, asOf: number | null): void {
    if (this.#parts === null) return;
    this.dataset["link"] = isLive ? "live" : "stale";
    const since = asOf === null ? this.#writtenAt() : clock(asOf);
    write(
      this.#parts.link,
      isLive ? "Live" : `Reconnecting${since === "" ? "" : `, as of ${since}`}`,
    );
  }

  /** Take over what the server has written; gives where to go on from. */
  #begin(): Position | null | "over" {
    const frame = this.#written();
    if (frame?.kind === "snapshot") {
      this.#view = frame.view;
      this.#percent = frame.view.percent;
      if (this.#parts !== null) {
        paint(this, this.#parts, { kind: "run", view: frame.view, percent: this.#percent });
      }
      return frame.position;
    }
    if (frame?.kind === "ended") return "over";
    this.pending();
    return null;
  }

  #written(): Frame | null {
    const script = this.querySelector('script[type="application/json"]');
    try {
      return script === null ? null : parseFrame(script.textContent ?? "");
    } catch {
      return null;
    }
  }

  /** When the server wrote the page, as it wrote it. */
  #writtenAt(): string {
    const instant = this.getAttribute("as-of");
    return instant === null ? "" : clock(instant);
  }

  #show(view: RunView): void {
    if (this.#parts === null) return;
    const before = this.#view;
    this.#view = view;
    this.#percent = Math.max(this.#percent, view.percent);
    const percent = this.#percent;
    paint(this, this.#parts, { kind: "run", view, percent });
    this.#announce(before, view);
    this.#tell("flow-progress", { ...view, percent });
    if (isFinal(view.state) && before?.state !== view.state) {
      this.#tell(view.state === "succeeded" ? "flow-done" : "flow-failed", { ...view, percent });
    }
  }

  #announce(before: RunView | null, view: RunView): void {
    const text = spoken(headline(view), place(view));
    if (isFinal(view.state)) {
      if (before?.state !== view.state) this.#announcer?.sayNow(text);
    } else if (before === null || place(before) !== place(view)) {
      this.#announcer?.say(text);
    } else if (Math.trunc(view.percent / 25) > Math.trunc(before.percent / 25)) {
      this.#announcer?.say(`${text}, ${view.percent} %`);
    }
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
