/**
 * Shortcuts: which there are now, and what they do.
 *
 * A shortcut is a key (`?`, `Escape`), a pair of letters one after the other (`g r`), or with the
 * command key (`mod+k`). Those of one letter can be switched off (WCAG 2.1.4); none works while
 * somebody writes, but for those with the command key.
 */

import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { letters } from "./prefs";

export interface Shortcut {
  /** `g r`, `Shift+R`, `mod+k`, `?`. */
  readonly keys: string;
  /** What it does, for the list of shortcuts. */
  readonly says: string;
  readonly run: () => void;
}

/** The command key as this computer has it. */
export const MOD = /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘" : "Ctrl";

const PAIR_MS = 1_000;
export const shortcuts = signal<readonly Shortcut[]>([]);

/** These work while the part is on the page; later ones go before earlier ones of the same keys. */
export function useKeys(own: readonly Shortcut[]): void {
  const words = own.map(({ keys, says }) => `${keys} ${says}`).join("\n");
  const box = useRef(own);
  box.current = own;
  // With what is seen, not a moment after it: who is quick presses before that.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words say which they are
  useLayoutEffect(() => {
    const mine = box.current.map((each, at) => ({ ...each, run: () => box.current[at]?.run() }));
    shortcuts.value = [...mine, ...shortcuts.peek()];
    return () => {
      shortcuts.value = shortcuts.peek().filter((each) => !mine.includes(each));
    };
  }, [words]);
}

let first = "";
let firstAt = 0;

/** Listens for as long as the page lives. */
export function listenForKeys(): void {
  addEventListener("keydown", (event) => {
    const wanted = pressed(event);
    if (wanted === null) return;
    const isPair = first !== "" && event.timeStamp - firstAt < PAIR_MS;
    const all = shortcuts.peek();
    const found =
      (isPair && all.find(({ keys }) => keys === `${first} ${wanted}`)) ||
      all.find(({ keys }) => keys === wanted);
    first = "";
    if (found) {
      event.preventDefault();
      found.run();
    } else if (all.some(({ keys }) => keys.startsWith(`${wanted} `))) {
      first = wanted;
      firstAt = event.timeStamp;
    }
  });
}

/** What was pressed, as shortcuts are written; null for what is none of theirs. */
export function pressed(event: KeyboardEvent): string | null {
  if (event.defaultPrevented || event.isComposing) return null;
  if (event.ctrlKey || event.metaKey) return event.altKey ? null : `mod+${event.key.toLowerCase()}`;
  if (event.altKey || isWriting(event.target) || isInDialog(event.target)) return null;
  if (event.key.length === 1 && letters.peek() === "off") return null;
  return event.shiftKey && /^[A-Z]$/.test(event.key) ? `Shift+${event.key}` : event.key;
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"))
  );
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("dialog[open]") !== null;
}
