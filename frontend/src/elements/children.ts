/** The runs that steps of a run have started: followed besides, to know how far each of them is. */

import type { Watch } from "../client/connection";
import type { Entry } from "../client/protocol";
import type { Listener } from "../client/subscription";
import type { RunView } from "../client/views";
import { reduceAll } from "../model/reduce";

/** As many as one element follows, and one page: those beyond move when the run itself does. */
const CHILDREN_MAX = 20;
const ON_PAGE_MAX = 60;

let onPage = 0;

export class Children {
  /** How far each is, as last heard. */
  readonly percents = new Map<string, number>();
  readonly #watches = new Map<string, Watch>();
  readonly #watch: (run: string, listener: Listener) => Watch;
  readonly #changed: () => void;

  constructor(watch: (run: string, listener: Listener) => Watch, changed: () => void) {
    this.#watch = watch;
    this.#changed = changed;
  }

  /** Follow these and no others. */
  follow(runs: readonly string[]): void {
    const wanted = new Set(runs.slice(0, CHILDREN_MAX));
    for (const [run, watch] of this.#watches) {
      if (!wanted.has(run)) {
        watch.stop();
        this.#watches.delete(run);
        onPage -= 1;
      }
    }
    for (const run of wanted) {
      // A socket watches so many: the runs of the page itself come first.
      if (this.#watches.has(run) || onPage >= ON_PAGE_MAX) continue;
      this.#watches.set(run, this.#watch(run, this.#listener(run)));
      onPage += 1;
    }
  }

  stop(): void {
    this.follow([]);
  }

  #listener(run: string): Listener {
    let view: RunView | null = null;
    const heard = (next: RunView) => {
      view = next;
      this.percents.set(run, Math.max(next.percent, this.percents.get(run) ?? 0));
      this.#changed();
    };
    return {
      snapshot: heard,
      changes: (entries: readonly Entry[]) => {
        const next = view === null ? null : reduceAll(view, entries);
        if (next !== null) heard(next);
        return next !== null;
      },
      // One that this user may not watch is as far as the run itself says.
      pending: () => {},
      ended: () => {},
      freshness: () => {},
    };
  }
}
