/** A list that is no table stands still while somebody is in it, as tables do. */

import { useEffect, useState } from "preact/hooks";
import type { Pages } from "../http/pages";
import { isPaused, NO_REASON, pausedBecause, type Reasons } from "../state/pause";

interface Paused {
  /** Why it stands still, in words; empty = it moves. */
  readonly why: string;
  /** For the element that holds its rows. */
  readonly watched: {
    readonly onPointerEnter: (event: PointerEvent) => void;
    readonly onPointerLeave: () => void;
    readonly onFocusCapture: () => void;
    readonly onBlurCapture: (event: FocusEvent) => void;
  };
}

/** What comes waits meanwhile; it is shown when nobody is in the list any more. */
export function usePaused(list: Pick<Pages<unknown>, "pause" | "release">): Paused {
  const [reasons, set] = useState<Reasons>(NO_REASON);
  const because = (change: Partial<Reasons>) => set((was) => ({ ...was, ...change }));
  const paused = isPaused(reasons);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when it changes
  useEffect(() => {
    list.pause(paused);
    if (!paused) list.release();
    return () => list.pause(false);
  }, [paused]);
  return {
    why: pausedBecause(reasons),
    watched: {
      onPointerEnter: ({ pointerType }) => because({ pointer: pointerType !== "touch" }),
      onPointerLeave: () => because({ pointer: false }),
      onFocusCapture: () => because({ focus: true }),
      onBlurCapture: ({ currentTarget, relatedTarget }) => {
        const isIn = relatedTarget instanceof Node && currentTarget instanceof Node;
        because({ focus: isIn && currentTarget.contains(relatedTarget) });
      },
    },
  };
}
