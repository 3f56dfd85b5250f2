/** Topics of operators, by the client of the package, and how a part follows one. */

import { useEffect, useState } from "preact/hooks";
import type { Kind } from "../../client/kinds";
import type { FlowError, Meta, Source } from "../../client/live";
import { Topic } from "../../client/topic";
import { client } from "./link";

/**
 * Topics of one kind; the same name gives the same one. `kind` says how its state is read and what its
 * entries do: see `src/client/kinds.ts`. Nothing is followed until somebody listens.
 *
 *     const floors = topics(FLOOR);            // once, beside the kind
 *     const floor = useLive(floors("floor"));  // in a part
 */
export function topics<T>(kind: Kind<T>): (name: string) => Source<T> {
  const known = new Map<string, WeakRef<Topic<T>>>();
  return (name) => {
    const found = known.get(name)?.deref();
    if (found) return found;
    const made = new Topic(name, kind, client.status);
    known.set(name, new WeakRef(made));
    return made;
  };
}

export interface Followed<T> {
  /** As last known; undefined before that. */
  readonly value: T | undefined;
  readonly meta: Meta;
  /** Why nothing more will come; null while something may. */
  readonly failure: FlowError | null;
}

/** Between two drawings of one part: nobody reads faster, and changes that never rest would leave no time. */
const REST_MS = 100;

/**
 * Follow `live` while the part is on the page; null = nothing. A change is painted with the next frame,
 * and what comes within a tenth of a second after that together with it; the loss of the link at once.
 */
export function useLive<T>(live: Source<T> | null): Followed<T> {
  const [, render] = useState(0);
  useEffect(() => {
    if (!live) return;
    let before = live.meta.status;
    let isDue = false;
    let isOver = false;
    let paintedAt = Number.NEGATIVE_INFINITY;
    const paint = () => {
      isDue = false;
      paintedAt = performance.now();
      if (!isOver) render((count) => count + 1);
    };
    const stop = live.listen(() => {
      const { status } = live.meta;
      if (status !== before) {
        before = status;
        paint();
      } else if (!isDue) {
        isDue = true;
        const rest = paintedAt + REST_MS - performance.now();
        if (rest > 0) setTimeout(() => requestAnimationFrame(paint), rest);
        else requestAnimationFrame(paint);
      }
    });
    paint();
    return () => {
      isOver = true;
      stop();
    };
  }, [live]);
  return { value: live?.value, meta: live?.meta ?? NOTHING, failure: live?.failure ?? null };
}

/** What a topic says, while it is live; undefined else: what was said before may be over. */
export function whileLive<T>({ value, meta, failure }: Followed<T>): T | undefined {
  return meta.status === "live" && failure === null ? value : undefined;
}

const NOTHING: Meta = {
  status: "idle",
  asOf: new Date(0),
  position: { epoch: "", offset: 0 },
  stale: true,
};
