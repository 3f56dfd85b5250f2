/**
 * The rows of a list, in pages: what comes is put in only when nobody would lose his place.
 *
 * While the list is paused a new row waits, and a row that has left stays; what is said of a row that is
 * shown is brought up to date all along. All of it is values: each function gives new rows.
 */

export interface Rows<T> {
  readonly shown: readonly T[];
  /** New ones that wait; none of them is shown. */
  readonly waiting: readonly T[];
  /**
   * Where the next page begins; null = all is shown; empty = nobody has said where, and the list must be
   * asked for; undefined = nothing was asked yet.
   */
  readonly next: string | null | undefined;
  /** More came than waits: between what waits and what is shown there are others, from here on. */
  readonly gap: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; null = there is none; empty = there is one, nobody has said where. */
  readonly next: string | null;
  /** Of a last page: so many of the newest were looked at for what was wanted; 0 = all were. */
  readonly searched_newest?: number;
}

/** What is known of the rows of a list. */
export interface Listed<T> {
  readonly idOf: (row: T) => string;
  /**
   * What they are ordered by, the greatest first; without it new rows come first, and a row that the
   * first page has no more stays.
   */
  readonly orderOf?: ((row: T) => string) | undefined;
}

export const NO_ROWS: Rows<never> = { shown: [], waiting: [], next: undefined, gap: null };

/** A list that begins: nothing of what was shown counts any more. */
export function begun<T>({ items, next }: Page<T>): Rows<T> {
  return { shown: items, waiting: [], next, gap: null };
}

/** With the page that follows; what is shown already is not shown twice. */
export function extended<T>(rows: Rows<T>, page: Page<T>, { idOf }: Listed<T>): Rows<T> {
  const known = new Set(rows.shown.map(idOf));
  const more = page.items.filter((row) => !known.has(idOf(row)));
  return { ...rows, shown: [...rows.shown, ...more], next: page.next };
}

/**
 * With what the first page says now: rows that are known in their place; new ones in theirs, or waiting
 * where `isPaused`.
 */
export function refreshed<T>(
  rows: Rows<T>,
  first: Page<T>,
  listed: Listed<T>,
  isPaused: boolean,
): Rows<T> {
  const { idOf } = listed;
  const isUnknown = rows.next === "" && first.next !== "";
  if (rows.next === undefined || rows.shown.length === 0 || isUnknown) return begun(first);
  const news = new Map(first.items.map((row) => [idOf(row), row]));
  // Of thousands of rows only those are looked at that the first page speaks of.
  const spoken = spokenOf(rows.shown, first, listed);
  const head = rows.shown.slice(0, spoken);
  const known = new Set(head.map(idOf));
  const isThere = isPaused ? () => true : stillIn(first, listed);
  const said = head.map((row) => news.get(idOf(row)) ?? row).filter(isThere);
  const shown = spoken === rows.shown.length ? said : said.concat(rows.shown.slice(spoken));
  const fresh = first.items.filter((row) => !known.has(idOf(row)));
  const isGap = first.next !== null && fresh.length === first.items.length;
  const before = isGap ? [] : rows.waiting.filter((row) => !news.has(idOf(row)));
  const gap = isGap ? first.next : rows.gap;
  const all = { ...rows, shown, waiting: [...fresh, ...before], gap };
  return isPaused ? all : released(all, listed);
}

/** What waits is shown, in its place; where others came between, from there on. */
export function released<T>(rows: Rows<T>, { orderOf }: Listed<T>): Rows<T> {
  const { shown, waiting, gap } = rows;
  if (gap !== null) return { shown: waiting, waiting: [], next: gap, gap: null };
  if (waiting.length === 0) return rows;
  const all = orderOf ? merged(waiting, shown, orderOf) : [...waiting, ...shown];
  return { ...rows, shown: all, waiting: [] };
}

/** What waits among what is shown, each in its place; what is shown is in order. */
function merged<T>(
  waiting: readonly T[],
  shown: readonly T[],
  orderOf: (row: T) => string,
): readonly T[] {
  const all: T[] = [];
  let at = 0;
  const inOrder = waiting.map((row) => [orderOf(row), row] as const);
  inOrder.sort(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0));
  for (const [place, row] of inOrder) {
    for (let next = shown[at]; next !== undefined && orderOf(next) >= place; next = shown[at]) {
      all.push(next);
      at += 1;
    }
    all.push(row);
  }
  return all.concat(shown.slice(at));
}

/** How many of the rows the first page may speak of; all, where they have no order. */
function spokenOf<T>(shown: readonly T[], first: Page<T>, { orderOf }: Listed<T>): number {
  const last = first.items.at(-1);
  if (!orderOf || last === undefined || first.next === null) return shown.length;
  const end = orderOf(last);
  let [low, high] = [0, shown.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = shown[middle];
    if (row !== undefined && orderOf(row) >= end) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a row is in the list as the first page says: behind its last row it does not say. */
function stillIn<T>(first: Page<T>, { idOf, orderOf }: Listed<T>): (row: T) => boolean {
  const last = first.items.at(-1);
  if (!orderOf || (last === undefined && first.next !== null)) return () => true;
  const ids = new Set(first.items.map(idOf));
  const end = last === undefined || first.next === null ? "" : orderOf(last);
  return (row) => ids.has(idOf(row)) || orderOf(row) < end;
}
