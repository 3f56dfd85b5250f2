/** Which rows of a list are in sight, and which node draws each; the others are not in the page. */

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

/** Above and below those in sight: a high screen has 69 rows, and no list more than 80 nodes. */
const OVERSCAN = 5;

interface Sight {
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Of each row, in their order. */
  readonly ids: readonly string[];
  /** Of each row, px. */
  readonly height: number;
  /** The row that has the focus, which stays in the page; -1 = none. */
  readonly active: number;
}

export interface Placed {
  /** The number of the row, from 0. */
  readonly at: number;
  /** From the top of all rows, px. */
  readonly top: number;
  /** The node that draws it. */
  readonly slot: number;
}

interface Window {
  /** In the order of their nodes: at rest that of the list. */
  readonly placed: readonly Placed[];
  /** Of all rows together, px. */
  readonly height: number;
}

export function useWindow({ scroller, ids, height, active }: Sight): Window {
  const [, render] = useReducer((round: number) => round + 1, 0);
  const count = ids.length;
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => render(undefined),
    rangeExtractor: (range: Range) =>
      around(range, Math.ceil((scroller.current?.clientHeight ?? 0) / height) + 1, active),
  };
  const [rows] = useState(() => new Virtualizer<HTMLDivElement, HTMLElement>(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another height all sizes are others
  useLayoutEffect(() => rows.measure(), [rows, height]);

  const slots = useRef<ReadonlyMap<string, number>>(new Map());
  const items = rows.getVirtualItems().filter(({ index }) => index < count);
  const nameOf = (index: number) => ids[index] ?? "";
  const now = slotsOf(
    items.map(({ index }) => nameOf(index)),
    slots.current,
    // A node that is moved loses the focus.
    rows.isScrolling || hasFocus(scroller.current),
  );
  slots.current = now;
  const byId = new Map(items.map((item) => [nameOf(item.index), item]));
  const placed = [...now].flatMap(([id, slot]) => {
    const item = byId.get(id);
    return item ? [{ at: item.index, top: item.start, slot }] : [];
  });
  return { placed, height: rows.getTotalSize() };
}

/**
 * The numbers of the rows that are in the page: as many wherever one scrolls, so that no node comes or
 * goes.
 */
export function around(
  { startIndex, overscan, count }: Range,
  inSight: number,
  active: number,
): number[] {
  const many = Math.min(count, inSight + 2 * overscan);
  const first = Math.max(0, Math.min(startIndex - overscan, count - many));
  const found = Array.from({ length: many }, (_, n) => first + n);
  if (active < 0 || active >= count || (active >= first && active < first + many)) return found;
  return active < first ? [active, ...found] : [...found, active];
}

/**
 * Which node draws which row, in the order of the nodes: a row that stays keeps its own, and one that
 * comes in sight takes that of one that has gone. `isStill`: the nodes stay in their order, whatever
 * that of the rows is; else they have the rows' order, as whoever has the page read out needs it.
 */
export function slotsOf(
  ids: readonly string[],
  before: ReadonlyMap<string, number>,
  isStill: boolean,
): ReadonlyMap<string, number> {
  const wanted = new Set(ids);
  const news = ids.filter((id) => !before.has(id));
  const found = new Map<string, number>();
  let [next, taken] = [0, 0];
  for (const [id, slot] of before) {
    next = Math.max(next, slot + 1);
    const heir = wanted.has(id) ? id : news[taken++];
    if (heir !== undefined) found.set(heir, slot);
  }
  for (const id of news.slice(taken)) found.set(id, next++);
  return isStill ? found : new Map(ids.map((id) => [id, found.get(id) ?? 0]));
}

function hasFocus(scroller: HTMLElement | null): boolean {
  return scroller?.contains(document.activeElement) ?? false;
}
