/**
 * `<flow-progress run-id="…">`: one run, live. `variant` is `line` (its stations, side by side), `steps`
 * (one below the other), `bar` or `ring`; with `subject` in place of `run-id` it is the subject's newest.
 *
 * The server has written how the run stood (`{% flow_progress run %}`), with its position beside it in
 * a JSON script; from there the element follows. It says of itself whether what it shows is live, or as
 * of when. Events, all bubbling and composed: `flow-progress` on each change, `flow-waiting` when it
 * begins to wait, `flow-done` and `flow-failed` at the end, if it is seen to end; `detail` is the view.
 */

import { environment } from "../client/environment";
import type { Page } from "../client/page";
import type { End, Topic } from "../client/topic";
import { ending, headline, isDeep, isFinal, place, type RunState, spoken } from "../model/run";
import { isWord, say } from "../model/words";
import { Announcer } from "./announcer";
import { paintEnd, paintPending, paintRun } from "./paint";
import { Part } from "./part";
import { type Parts, partIn, partsOf, write } from "./parts";
import type { Related } from "./related";
import { clock } from "./stations";

/** What is said of the rest of the time changes with the clock. */
const MINUTE_MS = 60_000;

export class FlowProgress extends Part {
  #page!: Page;
  #parts!: Parts;
  #announcer!: Announcer;
  #topic: Topic<RunState> | undefined;
  #related: Related | undefined;
  /** As the frames say, without what is known besides. */
  #told: RunState | undefined;
  #epoch = "";
  /** The highest percentage shown; it never goes back while it is the same run. */
  #percent = 0;
  #stop = () => {};

  protected start(page: Page, over: AbortSignal): void {
    const run = this.getAttribute("run-id");
    const subject = this.getAttribute("subject");
    if (!run && !subject) return;
    this.#page = page;
    this.#parts = partsOf(this);
    this.#announcer = new Announcer((text) => write(this.#parts.said, text), environment);
    const { progress } = this.#parts;
    if (!progress.hasAttribute("aria-label")) {
      progress.setAttribute("aria-label", this.getAttribute("label") ?? say("progress"));
    }
    over.addEventListener("abort", () => {
      this.#stop();
      this.#announcer.stop();
    });
    if (run) this.#follow(run);
    else if (subject) this.#followNewest(subject, over);
  }

  /** The newest run of a subject: another one when it has another. */
  #followNewest(subject: string, over: AbortSignal): void {
    const list = this.#page.runs({ subject, grant: this.getAttribute("grant") });
    let shown: string | undefined;
    paintPending(this, this.#parts);
    const stop = list.listen(() => {
      const newest = list.value?.[0]?.id;
      if (!newest || newest === shown) return;
      shown = newest;
      this.#stop();
      this.#follow(newest);
    });
    over.addEventListener("abort", stop);
  }

  #follow(run: string): void {
    const grant = this.getAttribute("grant");
    const frame = this.one('script[type="application/json"]')?.textContent;
    const topic = this.#page.run(run, { grant, frame });
    this.#topic = topic;
    this.#epoch = topic.meta.position.epoch;
    this.#told = topic.value;
    this.#percent = 0;
    this.#related = undefined;
    if (topic.value) this.#repaint();
    else if (!topic.end) paintPending(this, this.#parts);
    if (topic.end) return;
    const stop = topic.listen(() => this.#heard(topic));
    let cancel = environment.after(MINUTE_MS, () => tick());
    const tick = () => {
      // Clocks stop where nobody knows whether it still goes on.
      if (topic.isLive) this.#repaint();
      cancel = environment.after(MINUTE_MS, tick);
    };
    this.#stop = () => {
      stop();
      cancel();
      this.#related?.stop();
    };
  }

  #heard(topic: Topic<RunState>): void {
    const { end, value, position } = topic;
    if (end) {
      this.#stop();
      this.#ended(end);
      return;
    }
    this.#freshness(topic);
    if (!value) {
      paintPending(this, this.#parts);
      return;
    }
    if (position && position.epoch !== this.#epoch) {
      this.#percent = 0;
      this.#epoch = position.epoch;
    }
    if (value !== this.#told) this.#show(value);
  }

  #ended(end: End): void {
    paintEnd(this, this.#parts, end);
    if (end.kind === "no-run") {
      const message = ending(end.outcome, end.message);
      this.#link("over", "");
      this.#announcer.sayNow(message);
      this.tell("flow-failed", { state: end.outcome, message });
      return;
    }
    const word = `live.${end.reason.replace("-", "_")}`;
    this.#link("denied", say(isWord(word) ? word : "live.denied"));
    const login = this.getAttribute("login");
    if (end.reason !== "signed-out" || !login) return;
    const way = partIn(this.#parts.foot, "a", "go");
    way.href = comingBack(login);
    write(way, say("link.login"));
  }

  #freshness({ isLive, asOf }: Topic<RunState>): void {
    const instant = asOf ?? this.getAttribute("as-of");
    if (isLive) this.#link("live", say("live.live"));
    else if (!instant) this.#link("stale", say("live.lost"));
    else this.#link("stale", say("live.lost_since", { time: clock(instant) }));
  }

  #link(state: string, text: string): void {
    this.dataset["link"] = state;
    write(this.#parts.link, text);
  }

  #show(view: RunState): void {
    const before = this.#told;
    this.#told = view;
    const shown = this.#repaint() ?? view;
    this.#announce(before, shown);
    this.tell("flow-progress", shown);
    if (before?.state === view.state) return;
    if (view.state === "waiting") this.tell("flow-waiting", shown);
    if (!isFinal(view.state)) return;
    const isDone = view.state === "succeeded";
    const isLeft = this.tell(isDone ? "flow-done" : "flow-failed", shown);
    const next = this.getAttribute("on-done-href");
    if (isLeft && isDone && next) location.assign(next);
  }

  /** What is shown now; undefined where nothing is. */
  #repaint(): RunState | undefined {
    const told = this.#told;
    if (!told) return undefined;
    this.#relate(told);
    const view = this.#related?.known(told) ?? told;
    this.#percent = Math.max(this.#percent, view.percent);
    const inside = this.#related?.painter(view);
    paintRun(this, this.#parts, view, this.#percent, inside, environment.now());
    return { ...view, percent: this.#percent };
  }

  /** What else is to be known of a view that isDeep beyond its run. */
  #relate(view: RunState): void {
    if (this.#related) {
      this.#related.follow(view);
    } else if (isDeep(view)) {
      const topic = this.#topic;
      import("./related").then(
        ({ Related }) => {
          if (this.#topic !== topic || this.#related || !this.isConnected) return;
          const grant = this.getAttribute("grant");
          const runOf = (run: string) => this.#page.run(run, { grant });
          this.#related = new Related(this, runOf, () => this.#repaint());
          this.#repaint();
        },
        // It could not be loaded: the run is as far as it says itself.
        () => {},
      );
    }
  }

  #announce(before: RunState | undefined, view: RunState): void {
    const text = sentence(view);
    if (isFinal(view.state)) {
      if (before?.state !== view.state) this.#announcer.sayNow(text);
    } else if (before?.state !== view.state || sentence(before) !== text) {
      this.#announcer.say(text);
    } else if (Math.trunc(view.percent / 25) > Math.trunc(before.percent / 25)) {
      this.#announcer.say(`${text}, ${view.percent} %`);
    }
  }
}

const sentence = (view: RunState) => spoken(headline(view), place(view));

/** The page to log in, which leads back to this one. */
function comingBack(login: string): string {
  const here = encodeURIComponent(`${location.pathname}${location.search}`);
  return `${login}${login.includes("?") ? "&" : "?"}next=${here}`;
}
