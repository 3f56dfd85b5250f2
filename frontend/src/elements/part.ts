/** What the small elements have in common: a page to follow, from when they are whole until they are gone. */

import { type Page, pageOf } from "../client/page";

export abstract class Part extends HTMLElement {
  #over = new AbortController();

  connectedCallback(): void {
    if (document.readyState !== "loading") this.#begin();
    // The parser has met the start tag only: what the server has written inside is still to come.
    else document.addEventListener("DOMContentLoaded", () => this.#begin(), { once: true });
  }

  disconnectedCallback(): void {
    this.#over.abort();
  }

  #begin(): void {
    if (!this.isConnected) return;
    this.#over.abort();
    this.#over = new AbortController();
    this.start(pageOf({ url: this.getAttribute("socket") ?? undefined }), this.#over.signal);
  }

  /** Begin; `over` says when to end. */
  protected abstract start(page: Page, over: AbortSignal): void;

  protected one<T extends Element = HTMLElement>(selector: string): T | null {
    return this.querySelector<T>(selector);
  }
}

/** Call it at these events, until it is over. */
export function on(
  target: EventTarget,
  names: string,
  signal: AbortSignal,
  action: (event: Event) => void,
): void {
  for (const name of names.split(" ")) target.addEventListener(name, action, { signal });
}

/** Call it with each change of what is followed, until it is over. */
export function each(
  followed: { listen(fn: () => void): () => void },
  signal: AbortSignal,
  action: () => void,
): void {
  signal.addEventListener("abort", followed.listen(action));
  action();
}
