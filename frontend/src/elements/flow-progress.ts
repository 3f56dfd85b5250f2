/**
 * `<flow-progress run-id="…">`: one run as a line of stations, live.
 *
 * The server has written how the run stood (`{% flow_progress run %}`), with its position beside it in
 * a JSON script; from there the element follows. It says of itself whether what it shows is live, or as
 * of when. Events, all bubbling: `flow-progress` on each change, `flow-done` and `flow-failed` at the
 * end, if it is seen to end; `detail` is the view.
 */

import { answersAt, connectionTo, pollAt } from "../client/browser";
import type { Watch } from "../client/connection";
import { type Entry, type Frame, type Position, parseFrame } from "../client/protocol";
import type { End, Listener } from "../client/subscription";
import { approvalsWaiting, childrenAtWork, reduceAll, withChildren } from "../model/reduce";
import { ending, headline, isFinal, place, type RunView, spoken } from "../model/run";
import { say } from "../model/words";
import { Announcer } from "./announcer";
import { Children } from "./children";
import { paint } from "./paint";
import { entranceIn, type Parts, partsOf, write } from "./parts";
import { clock, type Links } from "./stations";

const SOCKET = "/flow/ws/";

export class FlowProgress extends HTMLElement implements Listener {
  #parts: Parts | null = null;
  #watch: Watch | null = null;
  #announcer: Announcer | null = null;
  #children: Children | null = null;
  /** As the frames say, without what is known of children. */
  #told: RunView | null = null;
  #view: RunView | null = null;
  /** The highest percentage shown; it never goes back while it is the same run. */
  #percent = 0;
  /** For which approvals it was asked where this user answers them. */
  #askedFor = "";
  #answers: ReadonlyMap<string, string> | null = null;

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
    this.#children?.stop();
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
      parts.progress.setAttribute("aria-label", this.getAttribute("label") ?? say("progress"));
    }
    this.#children = new Children(
      (run, listener) => this.#follow(run, null, listener),
      () => this.#repaint(),
    );
    const position = this.#begin();
    if (position !== "over") this.#watch = this.#follow(runId, position, this);
  }

  /** Follow a run over the page's socket; while there is none, it is asked for beside our own. */
  #follow(run: string, position: Position | null, listener: Listener): Watch {
    const topic = `run:${run}`;
    const url = this.getAttribute("poll");
    if (url !== null) pollAt(topic, url.replace(this.getAttribute("run-id") ?? "", run));
    const connection = connectionTo(this.getAttribute("socket") ?? SOCKET);
    return connection.watch(topic, position, listener);
  }

  snapshot(view: RunView, isNewEpoch: boolean): void {
    if (isNewEpoch) this.#percent = 0;
    this.#show(view);
  }

  changes(entries: readonly Entry[]): boolean {
    const after = this.#told === null ? null : reduceAll(this.#told, entries);
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
      const message = ending(end.outcome, end.message);
      this.dataset["link"] = "over";
      write(this.#parts.link, "");
      this.#announcer?.sayNow(message);
      this.#tell("flow-failed", { state: end.outcome, message });
    } else {
      this.dataset["link"] = "denied";
      write(this.#parts.link, denial(end.reason));
      const login = this.getAttribute("login");
      if (end.reason === "signed-out" && login !== null) {
        entranceIn(this.#parts.foot, comingBack(login), say("link.login"));
      }
    }
  }

  freshness(isLive: boolean, asOf: number | null): void {
    if (this.#parts === null) return;
    this.dataset["link"] = isLive ? "live" : "stale";
    const since = asOf === null ? this.#writtenAt() : clock(asOf);
    const lost = since === "" ? say("live.lost") : say("live.lost_since", { time: since });
    write(this.#parts.link, isLive ? say("live.live") : lost);
  }

  /** Take over what the server has written; gives where to go on from. */
  #begin(): Position | null | "over" {
    const frame = this.#written();
    if (frame?.kind === "snapshot") {
      this.#told = frame.view;
      this.#percent = frame.view.percent;
      this.#repaint();
      this.#follows(frame.view);
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
    const before = this.#told;
    this.#told = view;
    this.#repaint();
    this.#follows(view);
    if (this.#view === null) return;
    const shown = { ...this.#view, percent: this.#percent };
    this.#announce(before, shown);
    this.#tell("flow-progress", shown);
    if (isFinal(view.state) && before?.state !== view.state) {
      this.#tell(view.state === "succeeded" ? "flow-done" : "flow-failed", shown);
    }
  }

  #repaint(): void {
    if (this.#parts === null || this.#told === null) return;
    this.#view = withChildren(this.#told, this.#children?.percents ?? new Map());
    this.#percent = Math.max(this.#percent, this.#view.percent);
    const links: Links = { answers: this.#answers, run: (id) => this.#pageOf(id) };
    paint(this, this.#parts, { kind: "run", view: this.#view, percent: this.#percent, links });
  }

  /** What else is to be known of a view: how far its children are, and who may answer. */
  #follows(view: RunView): void {
    this.#children?.follow(childrenAtWork(view));
    const waiting = approvalsWaiting(view).join();
    const url = this.getAttribute("approvals");
    if (waiting === this.#askedFor || url === null) return;
    this.#askedFor = waiting;
    if (waiting === "") return;
    void answersAt(url).then((answers) => {
      if (waiting !== this.#askedFor) return;
      this.#answers = answers;
      this.#repaint();
    });
  }

  #pageOf(run: string): string | null {
    const own = this.getAttribute("page");
    return own === null ? null : own.replace(this.getAttribute("run-id") ?? "", run);
  }

  #announce(before: RunView | null, view: RunView): void {
    const text = spoken(headline(view), place(view));
    if (isFinal(view.state)) {
      if (before?.state !== view.state) this.#announcer?.sayNow(text);
    } else if (
      before === null ||
      before.state !== view.state ||
      headline(before) !== headline(view) ||
      place(before) !== place(view)
    ) {
      this.#announcer?.say(text);
    } else if (Math.trunc(view.percent / 25) > Math.trunc(before.percent / 25)) {
      this.#announcer?.say(`${text}, ${view.percent} %`);
    }
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** The page to log in, which leads back to this one. */
function comingBack(login: string): string {
  const here = encodeURIComponent(`${location.pathname}${location.search}`);
  return `${login}${login.includes("?") ? "&" : "?"}next=${here}`;
}

function denial(reason: string): string {
  switch (reason) {
    case "signed-out":
      return say("live.signed_out");
    case "too_many":
      return say("live.too_many");
    default:
      return say("live.denied");
  }
}
