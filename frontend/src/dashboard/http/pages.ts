/** Lists of the API on the page: page by page, with what comes meanwhile, and nothing that jumps. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
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
  const box = useRef({ ask, listed, live, isPaused: false, isAskingMore: false });
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
        return { key, rows, problem: null, asOf: Date.now() };
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

  useEffect(() => {
    if (live) put(live);
  }, [live, put]);

  const mine = state.key === key ? state : fresh<T>(key);
  const more = useCallback(async () => {
    const after = mine.rows.next;
    if (!after || box.current.isAskingMore) return;
    box.current.isAskingMore = true;
    try {
      const page = await box.current.ask(after, new AbortController().signal);
      // Meanwhile it may have become another list, or begun anew.
      set((was) =>
        was.key === key && was.rows.next === after
          ? { ...was, rows: extended(was.rows, page, box.current.listed) }
          : was,
      );
    } catch (error) {
      refuse(error);
    } finally {
      box.current.isAskingMore = false;
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

  const { rows, problem, asOf } = mine;
  const isNew = rows.next === undefined && problem === null;
  return { rows, problem, asOf, isNew, more, release, pause, again };
}

function fresh<T>(key: string): State<T> {
  return { key, rows: NO_ROWS, problem: null, asOf: null };
}
