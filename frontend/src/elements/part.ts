/** What the elements have in common: a page to follow, from when they are whole until they are gone. */

import { Page, pageAmong } from "../client/page";

/** One for all elements that name the same socket. */
const pages = new Map<string, Page>();

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
    const url = this.getAttribute("socket") ?? undefined;
    this.start(pageAmong(pages, Page, { url }), this.#over.signal);
  }

  /** Begin; `over` says when to end. */
  protected abstract start(page: Page, over: AbortSignal): void;

  /** Tell the page; false where a listener does itself what would follow. */
  protected tell(name: string, detail: unknown): boolean {
    return this.dispatchEvent(
      new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }

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
