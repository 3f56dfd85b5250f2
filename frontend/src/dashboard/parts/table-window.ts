/** Which rows of a list are in sight, and which node draws each; the others are not in the page. */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Above and below those in sight: a high screen has 69 rows, and no list more than 80 nodes. */
const OVERSCAN = 5;
/** A list that was not scrolled for so long rests. */
const REST_MS = 150;

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
  const { first, inSight, isScrolling } = useView(scroller, height);
  const slots = useRef<ReadonlyMap<string, number>>(new Map());
  const range = { startIndex: first, overscan: OVERSCAN, count: ids.length };
  const items = around(range, inSight, active);
  const nameOf = (index: number) => ids[index] ?? "";
  const now = slotsOf(
    items.map(nameOf),
    slots.current,
    // A node that is moved loses the focus.
    isScrolling || hasFocus(scroller.current),
  );
  slots.current = now;
  const byId = new Map(items.map((at) => [nameOf(at), at]));
  const placed = [...now].flatMap(([id, slot]) => {
    const at = byId.get(id);
    return at === undefined ? [] : [{ at, top: at * height, slot }];
  });
  return { placed, height: ids.length * height };
}

interface View {
  /** The number of the first row in sight. */
  readonly first: number;
  /** So many rows are in sight, at most. */
  readonly inSight: number;
  readonly isScrolling: boolean;
}

/** What of the list is in sight; another object only where that is other rows, or it rests or begins to move. */
function useView(scroller: RefObject<HTMLDivElement | null>, height: number): View {
  const [view, set] = useState<View>({ first: 0, inSight: 0, isScrolling: false });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let scrolledAt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // How high it is is asked when that changes: to ask in each frame would lay out the page once more.
    let inSight = 0;
    const look = () => {
      const now: View = {
        first: Math.max(0, Math.floor(element.scrollTop / height)),
        inSight,
        isScrolling: timer !== undefined,
      };
      set((was) => (isAlike(was, now) ? was : now));
    };
    const rest = () => {
      const left = scrolledAt + REST_MS - performance.now();
      timer = left > 0 ? setTimeout(rest, left) : undefined;
      if (timer === undefined) look();
    };
    const scrolled = () => {
      scrolledAt = performance.now();
      timer ??= setTimeout(rest, REST_MS);
      look();
    };
    const resized = () => {
      inSight = Math.ceil(element.clientHeight / height) + 1;
      look();
    };
    resized();
    const observer = new ResizeObserver(resized);
    observer.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [scroller, height]);
  return view;
}

function isAlike(one: View, other: View): boolean {
  return (
    one.first === other.first &&
    one.inSight === other.inSight &&
    one.isScrolling === other.isScrolling
  );
}

/** Where one is in a list. */
interface Range {
  /** The first row in sight. */
  readonly startIndex: number;
  /** Rows above and below those in sight. */
  readonly overscan: number;
  /** Of all rows. */
  readonly count: number;
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
