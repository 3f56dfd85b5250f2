/** What every form that does something has: why, and sending it once. */

import { useRef, useState } from "preact/hooks";
import { type Problem, problemIn } from "../http/ask";
import { sayNow } from "../state/announce";

interface ReasonProps {
  readonly value: string;
  readonly onInput: (text: string) => void;
}

export function ReasonField({ value, onInput }: ReasonProps) {
  return (
    <label class="field">
      <span>Reason</span>
      <textarea
        rows={2}
        maxLength={2000}
        required
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      <small>Kept in the audit, with your name.</small>
    </label>
  );
}

interface Sending {
  readonly isSending: boolean;
  /** Why it was refused the last time. */
  readonly problem: Problem | null;
  /** Do it, unless it is under way; what it gives is said. Gives whether it was done. */
  readonly send: (run: () => Promise<string>) => Promise<boolean>;
}

export function useSending(): Sending {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  // Known at once: a second key may come before the button is drawn anew.
  const isUnderWay = useRef(false);
  const send = async (run: () => Promise<string>) => {
    if (isUnderWay.current) return false;
    isUnderWay.current = true;
    setSending(true);
    setProblem(null);
    try {
      sayNow(await run());
      return true;
    } catch (error) {
      isUnderWay.current = false;
      setProblem(problemIn(error));
      setSending(false);
      return false;
    }
  };
  return { isSending, problem, send };
}
