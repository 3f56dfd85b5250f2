/** Which rows of a list are in sight; the others are not in the page. */

import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

/** Above and below those in sight: a high screen has 68 rows, and no list more than 80 nodes. */
const OVERSCAN = 5;

interface Sight {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly count: number;
  /** Of each row, px. */
  readonly height: number;
  /** The row that has the focus, which stays in the page; -1 = none. */
  readonly active: number;
}

export function useWindow({ scroller, count, height, active }: Sight): {
  readonly items: readonly VirtualItem[];
  /** Of all rows together, px. */
  readonly height: number;
} {
  const [, render] = useReducer((round: number) => round + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => render(undefined),
    rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const found = defaultRangeExtractor(range);
      if (active < 0 || active >= count || found.includes(active)) return found;
      return [...found, active].sort((a, b) => a - b);
    },
  };
  const [rows] = useState(() => new Virtualizer<HTMLDivElement, HTMLElement>(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another height all sizes are others
  useLayoutEffect(() => rows.measure(), [rows, height]);
  return { items: rows.getVirtualItems(), height: rows.getTotalSize() };
}
