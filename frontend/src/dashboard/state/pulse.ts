/** That something has changed: a topic says it, and the API, which knows who may see what, says what. */

import { useEffect, useRef } from "preact/hooks";
import type { Kind } from "../../client/kinds";
import { topics, useLive } from "./live";

/** Grows with everything that is told. */
const PULSE: Kind<number> = {
  read: () => 0,
  after: (change) => change + 1,
};

const pulses = topics(PULSE);

/** Between two questions: a topic that never rests would leave no time for an answer. */
const REST_MS = 1_000;

/** Call `ask` when that topic has something new, so long after each other at least; null = never. */
export function usePulse(topic: string | null, ask: () => void): void {
  const { value: change = 0 } = useLive(topic === null ? null : pulses(topic));
  const asked = useRef({ ask, at: 0 });
  asked.current.ask = ask;
  useEffect(() => {
    if (change === 0) return;
    const kept = asked.current;
    const rest = Math.max(0, kept.at + REST_MS - performance.now());
    const timer = setTimeout(() => {
      kept.at = performance.now();
      kept.ask();
    }, rest);
    return () => clearTimeout(timer);
  }, [change]);
}
