/** Lists of the API on the page: page by page, with what comes meanwhile, and nothing that jumps. */

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { revivals, status } from "../state/link";
import {
  extended,
  type Listed,
  NO_ROWS,
  type Page,
  type Rows,
  refreshed,
  released,
} from "../state/rows";
import { type Problem, problemIn } from "./ask";

export interface Pages<T> {
  readonly rows: Rows<T>;
  /** Why the last question was refused; null where it was not. */
  readonly problem: Problem | null;
  /** When the first page was true, by this browser's clock, ms. */
  readonly asOf: number | null;
  /** Nothing was answered yet. */
  readonly isNew: boolean;
  /** So many of the newest were looked at, and there are older ones; 0 = all were, or nobody has said. */
  readonly searched: number;
  /** The end is in sight: ask for the next page. */
  readonly more: () => void;
  /** Show what waits. */
  readonly release: () => void;
  /** For `Table`: the rows stand still, or move again. */
  readonly pause: (isPaused: boolean) => void;
  /** Ask for the first page again, now. */
  readonly again: () => void;
}

export interface How<T> {
  /** Ask for the first page again so long after each answer; 0 = only when told to. */
  readonly everyMs?: number;
  /** The first page as a topic tells it, while that is live: each new object is put in. */
  readonly live?: Page<T> | undefined;
}

interface State<T> {
  readonly key: string;
  readonly rows: Rows<T>;
  readonly problem: Problem | null;
  readonly asOf: number | null;
  readonly searched: number;
}

/**
 * The list that `ask` gives, a page at a time; `after` is empty for the first page. With another `key`
 * it is another list, and begins anew. Asked again when the page is live again.
 *
 *     const RUNS = { idOf: (run) => run.id, orderOf: (run) => run.created_at + run.id };
 */
export function usePages<T>(
  key: string,
  ask: (after: string, signal: AbortSignal) => Promise<Page<T>>,
  listed: Listed<T>,
  { everyMs = 0, live }: How<T> = {},
): Pages<T> {
  const [state, set] = useState<State<T>>(() => fresh(key));
  const [round, next] = useState(0);
  const box = useRef({ ask, listed, live, isPaused: false });
  box.current.live = live;
  box.current.ask = ask;
  box.current.listed = listed;
  const wake = revivals.value;

  const put = useCallback(
    (...firsts: readonly Page<T>[]) => {
      const { listed, isPaused } = box.current;
      set((was) => {
        const before = was.key === key ? was.rows : NO_ROWS;
        const rows = firsts.reduce(
          (rows, first) => refreshed(rows, first, listed, isPaused),
          before,
        );
        const known = was.key === key ? was.searched : 0;
        const searched = firsts.reduce(searchedOf, known);
        return { key, rows, problem: null, asOf: Date.now(), searched };
      });
    },
    [key],
  );
  const refuse = useCallback(
    (error: unknown) =>
      set((was) => ({ ...(was.key === key ? was : fresh<T>(key)), problem: problemIn(error) })),
    [key],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a round and a wake are reasons to ask
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const askFirst = async () => {
      try {
        const first = await box.current.ask("", controller.signal);
        // An answer may be older than what the topic has told meanwhile: the topic has the last word.
        const { live } = box.current;
        if (!controller.signal.aborted) put(first, ...(live ? [live] : []));
      } catch (error) {
        if (!controller.signal.aborted) refuse(error);
      }
      if (everyMs > 0 && !controller.signal.aborted) timer = setTimeout(whenSeen, everyMs);
    };
    const whenSeen = () => {
      // Nobody would answer; when the link is back, all is asked again.
      if (status.peek() === "offline") return;
      if (!document.hidden) askFirst();
      else document.addEventListener("visibilitychange", whenSeen, { once: true });
    };
    askFirst();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", whenSeen);
    };
  }, [key, round, everyMs, wake]);

  // Of the layout: what was said and what it does to the list are painted as one.
  useLayoutEffect(() => {
    if (live) put(live);
  }, [live, put]);

  const mine = state.key === key ? state : fresh<T>(key);
  const asking = useRef<AbortController | null>(null);
  // What was asked for another list, or for a screen that was left, is nobody's answer any more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another key it is another list
  useEffect(() => () => asking.current?.abort(), [key]);
  const more = useCallback(async () => {
    const after = mine.rows.next;
    if (!after || (asking.current && !asking.current.signal.aborted)) return;
    const controller = new AbortController();
    asking.current = controller;
    try {
      const page = await box.current.ask(after, controller.signal);
      if (controller.signal.aborted) return;
      // Meanwhile it may have begun anew.
      set((was) =>
        was.key === key && was.rows.next === after
          ? {
              ...was,
              rows: extended(was.rows, page, box.current.listed),
              searched: searchedOf(was.searched, page),
            }
          : was,
      );
    } catch (error) {
      if (!controller.signal.aborted) refuse(error);
    } finally {
      if (asking.current === controller) asking.current = null;
    }
  }, [key, mine.rows.next, refuse]);
  const isUnknown = mine.rows.gap === "";
  const release = useCallback(() => {
    set((was) => ({ ...was, rows: released(was.rows, box.current.listed) }));
    // Nobody has said where the rows go on: the list is asked for from its beginning.
    if (isUnknown) next((count) => count + 1);
  }, [isUnknown]);
  const pause = useCallback((isPaused: boolean) => {
    box.current.isPaused = isPaused;
  }, []);
  const again = useCallback(() => next((count) => count + 1), []);

  const { rows, problem, asOf, searched } = mine;
  const isNew = rows.next === undefined && problem === null;
  return { rows, problem, asOf, isNew, searched, more, release, pause, again };
}

/** How far a list was looked back, as its last page says; another page says nothing of it. */
function searchedOf(known: number, { next, searched_newest: said }: Page<unknown>): number {
  return next === null && said !== undefined ? said : known;
}

function fresh<T>(key: string): State<T> {
  return { key, rows: NO_ROWS, problem: null, asOf: null, searched: 0 };
}
