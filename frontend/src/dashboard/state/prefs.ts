/**
 * What a reader has set for this browser. Beside it the dashboard keeps there what was looked at last
 * (`recent.ts`), and nothing else of its own.
 */

import { type Signal, signal } from "@preact/signals";
import { page } from "./page";

const PREFIX = "flow.";

/** A signal that is kept: `kept("density", ["compact", "comfortable"])`; the first is the default. */
export function kept<T extends string>(name: string, choices: readonly [T, ...T[]]): Signal<T> {
  const found = readKept(name);
  const value = signal<T>(choices.find((choice) => choice === found) ?? choices[0]);
  value.subscribe((now) => writeKept(name, now));
  return value;
}

/** A text that is kept, at first an empty one. */
export function keptText(name: string): Signal<string> {
  const value = signal(readKept(name) ?? "");
  value.subscribe((now) => writeKept(name, now || null));
  return value;
}

/** A list of texts that is kept; null = nothing was ever chosen. */
export function keptList(name: string): Signal<readonly string[] | null> {
  const value = signal<readonly string[] | null>(listIn(readKept(name)));
  value.subscribe((now) => writeKept(name, now && JSON.stringify(now)));
  return value;
}

function listIn(text: string | null): readonly string[] | null {
  try {
    const found: unknown = JSON.parse(text ?? "null");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : null;
  } catch {
    return null;
  }
}

// A browser may refuse to keep anything: then the page does without.
/** What is kept under that name; null = nothing. */
export function readKept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keep it under that name, if the browser does; null = no longer. */
export function writeKept(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {}
}

export const theme = kept("theme", ["system", "light", "dark"]);
export const contrast = kept("contrast", ["system", "more"]);
export const density = kept("density", ["compact", "comfortable"]);
/** How times are told: how long ago, or when, in which zone. */
export const times = kept("times", ["relative", "local", "utc", "project"]);
/** The filter with which the runs were looked at last: the way to them leads there again. */
export const lastRuns = keptText("runs.q");
/** Shortcuts of one letter. */
export const letters = kept("letters", ["on", "off"]);

/** Puts theme and contrast where the style sheet reads them, and where the server will find them. */
export function dress(root: HTMLElement): void {
  for (const [name, value] of [
    ["theme", theme],
    ["contrast", contrast],
  ] as const) {
    value.subscribe((now) => {
      root.dataset[name] = now;
      // The server writes it into the next page: no page flashes in the other theme first.
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere
      document.cookie = `flow_${name}=${now}; path=${page.base}; max-age=31536000; samesite=lax`;
    });
  }
}
