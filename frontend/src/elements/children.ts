/** The runs that steps of a run have started: followed besides, to know how far each of them is. */

import type { Topic } from "../client/topic";
import type { RunState } from "../client/views";

/** As many as one element follows, and one page: those beyond move when the run itself does. */
const CHILDREN_MAX = 20;
const ON_PAGE_MAX = 60;

let onPage = 0;

export class Children {
  /** How far each is, as last heard. */
  readonly percents = new Map<string, number>();
  readonly #stops = new Map<string, () => void>();
  readonly #topicOf: (run: string) => Topic<RunState>;
  readonly #changed: () => void;

  constructor(topicOf: (run: string) => Topic<RunState>, changed: () => void) {
    this.#topicOf = topicOf;
    this.#changed = changed;
  }

  /** Follow these and no others. */
  follow(runs: readonly string[]): void {
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

  stop(): void {
    this.follow([]);
  }

  #heard(run: string, view: RunState | undefined): void {
    const before = this.percents.get(run) ?? -1;
    // One that this user may not watch is as far as the run itself says.
    if (view === undefined || view.percent <= before) return;
    this.percents.set(run, view.percent);
    this.#changed();
  }
}
