/**
 * What there is inside the steps of a run, and beyond it: branches and items, the runs that steps have
 * started, and where this user answers what people are asked. Loaded where there is any of it.
 */

import { fieldsIn, isFields } from "../client/fields";
import type { Topic } from "../client/topic";
import type { RunState } from "../client/views";
import { approvalsWaiting, childrenAtWork, withChildren } from "../model/children";
import { type Links, paintAround, paintInside } from "./inside";
import type { PaintInside } from "./stations";

/** As many as one element follows, and one page: those beyond move when the run itself does. */
const CHILDREN_MAX = 20;
const ON_PAGE_MAX = 60;

let onPage = 0;

export class Related {
  #answers: Links["answers"];
  /** How far each run is, as last heard. */
  readonly #percents = new Map<string, number>();
  readonly #stops = new Map<string, () => void>();
  readonly #topicOf: (run: string) => Topic<RunState>;
  readonly #host: Element;
  readonly #changed: () => void;
  /** For which approvals it was asked. */
  #askedFor = "";

  /** `host` says in its attributes where this user answers, and where the pages of runs are. */
  constructor(host: Element, topicOf: (run: string) => Topic<RunState>, changed: () => void) {
    this.#host = host;
    this.#topicOf = topicOf;
    this.#changed = changed;
  }

  /** The view with what is known besides. */
  known(view: RunState): RunState {
    return withChildren(view, this.#percents);
  }

  /** What paints inside the stations of that view; what is around them is painted at once. */
  painter(view: RunState): PaintInside {
    const pages = this.#host.getAttribute("page");
    const links = { answers: this.#answers, run: (run: string) => pages?.replace(view.id, run) };
    paintAround(this.#host, view, links);
    return (station, step) => paintInside(station, step, links);
  }

  /** What of that view is to be known besides, and no other. */
  follow(view: RunState): void {
    this.#followRuns(childrenAtWork(view));
    const waiting = approvalsWaiting(view).join();
    const url = this.#host.getAttribute("approvals");
    if (waiting === this.#askedFor || !url) return;
    this.#askedFor = waiting;
    if (waiting === "") return;
    void answersAt(url).then((answers) => {
      if (waiting !== this.#askedFor) return;
      this.#answers = answers;
      this.#changed();
    });
  }

  stop(): void {
    this.#followRuns([]);
  }

  #followRuns(runs: readonly string[]): void {
    const wanted = new Set(runs.slice(0, CHILDREN_MAX));
    for (const [run, stop] of this.#stops) {
      if (wanted.has(run)) continue;
      stop();
      this.#stops.delete(run);
      onPage -= 1;
    }
    for (const run of wanted) {
      // A socket watches so many: the runs of the page itself come first.
      if (this.#stops.has(run) || onPage >= ON_PAGE_MAX) continue;
      const topic = this.#topicOf(run);
      this.#stops.set(
        run,
        topic.listen(() => this.#heard(run, topic.value)),
      );
      onPage += 1;
    }
  }

  #heard(run: string, view: RunState | undefined): void {
    const before = this.#percents.get(run) ?? -1;
    // One that this user may not watch is as far as the run itself says.
    if (!view || view.percent <= before) return;
    this.#percents.set(run, view.percent);
    this.#changed();
  }
}

/** By step, what the JSON at `url` says, but for what is answered on the page one is on. Never rejects. */
async function answersAt(url: string): Promise<ReadonlyMap<string, string>> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json" },
      credentials: "same-origin",
    });
    const found: unknown = await response.json();
    return new Map(
      fieldsIn(isFields(found) ? found["approvals"] : null)
        .map((each) => [String(each["step"]), String(each["url"])] as const)
        .filter(([, page]) => new URL(page, document.baseURI).pathname !== location.pathname),
    );
  } catch {
    return new Map();
  }
}
