/** Asking the API from a part of the page: what is shown stays until the next answer is there. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { revivals, status } from "../state/link";
import { type Problem, problemIn } from "./ask";

export interface Asked<T> {
  /** The last answer; undefined before the first. */
  readonly value: T | undefined;
  /** Why the last question was refused; null where it was not. */
  readonly problem: Problem | null;
  /** When the value was true, by this browser's clock, ms; null before that. */
  readonly asOf: number | null;
  readonly isAsking: boolean;
  /** Ask again, now. */
  readonly again: () => void;
}

export interface How {
  /** Ask again so long after each answer, while somebody looks; 0 = once. */
  readonly everyMs?: number;
  /** False: ask nothing for now. */
  readonly isOn?: boolean;
  /** Ask again when this is another value; what is shown stays until the answer is there. */
  readonly when?: string | number;
}

/** Between an answer and the next question, where there is a reason for one: ms. */
const PAUSE_MS = 250;

const NEVER = { value: undefined, problem: null, asOf: null, isAsking: false };

/**
 * The answer to what `ask` asks. `key` says what is asked about: with another key the old answer is
 * another thing's and goes away; `ask` itself may be a new function each time. Of several questions
 * under way only the newest counts. Asked again when the page is live again.
 */
export function useAsked<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  { everyMs = 0, isOn = true, when = "" }: How = {},
): Asked<T> {
  const [state, set] = useState<Omit<Asked<T>, "again"> & { key: string }>({ ...NEVER, key });
  const asking = useRef(ask);
  asking.current = ask;
  const box = useRef({ when, askedWhen: when, kick: () => {} });
  box.current.when = when;
  const [round, next] = useState(0);
  const again = useCallback(() => next((count) => count + 1), []);
  const wake = revivals.value;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a round and a wake are reasons to ask
  useEffect(() => {
    if (!isOn) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    const askOnce = async () => {
      isAsking = true;
      box.current.askedWhen = box.current.when;
      set((was) => ({ ...(was.key === key ? was : { ...NEVER, key }), isAsking: true }));
      try {
        const value = await asking.current(controller.signal);
        if (controller.signal.aborted) return;
        set({ key, value, problem: null, asOf: Date.now(), isAsking: false });
      } catch (error) {
        if (controller.signal.aborted) return;
        set((was) => ({ ...was, problem: problemIn(error), isAsking: false }));
      }
      isAsking = false;
      const isDue = box.current.when !== box.current.askedWhen;
      if (isDue || everyMs > 0) timer = setTimeout(whenSeen, isDue ? PAUSE_MS : everyMs);
    };
    const whenSeen = () => {
      // Nobody would answer; when the link is back, all is asked again.
      if (status.peek() === "offline") return;
      if (!document.hidden) askOnce();
      else document.addEventListener("visibilitychange", whenSeen, { once: true });
    };
    // A question that is under way is not put twice: it is put again after its answer.
    box.current.kick = () => {
      if (isAsking || controller.signal.aborted) return;
      clearTimeout(timer);
      timer = setTimeout(whenSeen, PAUSE_MS);
    };
    askOnce();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", whenSeen);
    };
  }, [key, round, everyMs, isOn, wake]);

  useEffect(() => {
    if (when !== box.current.askedWhen) box.current.kick();
  }, [when]);

  const mine = state.key === key ? state : { ...NEVER, key, isAsking: isOn };
  return { ...mine, again };
}
