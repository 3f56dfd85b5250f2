/**
 * `<flow-progress run-id="…">`: one run, live. `variant` is `line` (its stations, side by side), `steps`
 * (one below the other), `bar` or `ring`; with `subject` in place of `run-id` it is the subject's newest.
 *
 * The server has written how the run stood (`{% flow_progress run %}`), with its position beside it in
 * a JSON script; from there the element follows. It says of itself whether what it shows is live, or as
 * of when. Events, all bubbling and composed: `flow-progress` on each change, `flow-waiting` when it
 * begins to wait, `flow-done` and `flow-failed` at the end, if it is seen to end; `detail` is the view.
 */

import { type Page, pageOf } from "../client/page";
import type { End, Topic } from "../client/topic";
import { approvalsWaiting, childrenAtWork, withChildren } from "../model/children";
import { ending, headline, isFinal, place, type RunState, spoken } from "../model/run";
import { say } from "../model/words";
import { Announcer } from "./announcer";
import { answersAt } from "./answers";
import { Children } from "./children";
import { paint } from "./paint";
import { entranceIn, type Parts, partsOf, write } from "./parts";
import { clock, type Links } from "./stations";

export class FlowProgress extends HTMLElement {
  #parts: Parts | null = null;
  #topic: Topic<RunState> | null = null;
  #stop: () => void = () => {};
  #stopList: () => void = () => {};
  #announcer: Announcer | null = null;
  #children: Children | null = null;
  /** As the frames say, without what is known of children. */
  #told: RunState | undefined;
  #epoch = "";
  /** The highest percentage shown; it never goes back while it is the same run. */
  #percent = 0;
  #isOver = false;
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
    this.#stop();
    this.#stopList();
    this.#children?.stop();
    this.#announcer?.stop();
    this.#parts = null;
  }

  #start(): void {
    if (this.#parts !== null || !this.isConnected) return;
    const run = this.getAttribute("run-id");
    const subject = this.getAttribute("subject");
    const page = pageOf({ url: this.getAttribute("socket") ?? undefined });
    if (run !== null) this.#follow(page, run);
    else if (subject !== null) this.#followNewest(page, subject);
  }

  /** The newest run of a subject: another one when it has another. */
  #followNewest(page: Page, subject: string): void {
    const list = page.runs({ subject, grant: this.getAttribute("grant") });
    let shown: string | undefined;
    this.#parts = this.#made();
    this.#pending();
    this.#stopList = list.listen(() => {
      const newest = list.value?.[0]?.id;
      if (newest === undefined || newest === shown) return;
      shown = newest;
      this.#stop();
      this.#children?.stop();
      this.#follow(page, newest);
    });
  }

  #follow(page: Page, run: string): void {
    const grant = this.getAttribute("grant");
    const frame = this.querySelector('script[type="application/json"]')?.textContent;
    this.#parts = this.#made();
    this.#children = new Children(
      (child) => page.run(child, { grant }),
      () => this.#repaint(),
    );
    const topic = page.run(run, { grant, frame });
    this.#topic = topic;
    this.#epoch = topic.meta.position.epoch;
    this.#isOver = topic.end !== null;
    this.#told = topic.value;
    this.#percent = 0;
    if (topic.value !== undefined) {
      this.#repaint();
      this.#follows(topic.value);
    } else if (!this.#isOver) {
      this.#pending();
    }
    if (!this.#isOver) this.#stop = topic.listen(() => this.#heard(topic));
  }

  #made(): Parts {
    const parts = partsOf(this);
    this.#announcer ??= new Announcer((text) => write(parts.said, text), {
      now: () => performance.now(),
      after: (delayMs, action) => {
        const timer = setTimeout(action, delayMs);
        return () => clearTimeout(timer);
      },
    });
    if (!parts.progress.hasAttribute("aria-label")) {
      parts.progress.setAttribute("aria-label", this.getAttribute("label") ?? say("progress"));
    }
    return parts;
  }

  #heard(topic: Topic<RunState>): void {
    if (topic.end !== null) {
      this.#ended(topic.end);
      return;
    }
    this.#freshness(topic.isLive, topic.asOf);
    const { value, position } = topic;
    if (value === undefined) {
      this.#pending();
      return;
    }
    if (position !== null && position.epoch !== this.#epoch) this.#percent = 0;
    this.#epoch = position?.epoch ?? "";
    if (value !== this.#told) this.#show(value);
  }

  #pending(): void {
    if (this.#parts !== null) paint(this, this.#parts, { kind: "pending" });
  }

  #ended(end: End): void {
    if (this.#parts === null || this.#isOver) return;
    this.#isOver = true;
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

  #freshness(isLive: boolean, asOf: number | null): void {
    if (this.#parts === null) return;
    this.dataset["link"] = isLive ? "live" : "stale";
    const instant = asOf ?? this.getAttribute("as-of");
    const lost = instant ? say("live.lost_since", { time: clock(instant) }) : say("live.lost");
    write(this.#parts.link, isLive ? say("live.live") : lost);
  }

  #show(view: RunState): void {
    const before = this.#told;
    this.#told = view;
    const shown = this.#repaint();
    this.#follows(view);
    if (shown === null) return;
    this.#announce(before, shown);
    this.#tell("flow-progress", shown);
    if (before?.state === view.state) return;
    if (view.state === "waiting") this.#tell("flow-waiting", shown);
    if (!isFinal(view.state)) return;
    const isDone = view.state === "succeeded";
    this.#tell(isDone ? "flow-done" : "flow-failed", shown);
    const next = this.getAttribute("on-done-href");
    if (isDone && next !== null) location.assign(next);
  }

  /** What is shown now; null where nothing is. */
  #repaint(): RunState | null {
    if (this.#parts === null || this.#told === undefined) return null;
    const view = withChildren(this.#told, this.#children?.percents ?? new Map());
    this.#percent = Math.max(this.#percent, view.percent);
    const links: Links = { answers: this.#answers, run: (id) => this.#pageOf(id) };
    paint(this, this.#parts, { kind: "run", view, percent: this.#percent, links });
    return { ...view, percent: this.#percent };
  }

  /** What else is to be known of a view: how far its children are, and who may answer. */
  #follows(view: RunState): void {
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
    return own?.replace(this.#topic?.name.slice(4) ?? "", run) ?? null;
  }

  #announce(before: RunState | undefined, view: RunState): void {
    const text = spoken(headline(view), place(view));
    if (isFinal(view.state)) {
      if (before?.state !== view.state) this.#announcer?.sayNow(text);
    } else if (
      before?.state !== view.state ||
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
