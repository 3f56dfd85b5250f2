/**
 * `<flow-toasts>`: what comes into the inbox while the page is looked at, for a moment.
 *
 * Failures stay until they are closed. Nobody is hurried: who points at the list, or is in it, stops the
 * clock, and so does a page that is not looked at. F8 leads to the newest. What is announced is written
 * into regions that were there before, each item once.
 */

import { environment } from "../client/environment";
import type { InboxTopic } from "../client/inbox";
import type { Notice } from "../client/notices";
import type { Page } from "../client/page";
import { say } from "../model/words";
import { Announcer } from "./announcer";
import { fill, pressableIn, rowIn, sentence, takeAway } from "./notice";
import { each, on, Part } from "./part";

const MAX = 3;
const DURATION_MS = 6_000;

export class FlowToasts extends Part {
  #inbox!: InboxTopic;
  /** What was there, or was shown: what comes twice is told once. Undefined before anything is known. */
  #known: Set<string> | undefined;
  readonly #timers = new Map<HTMLElement, () => void>();
  readonly #announcer = new Announcer((text) => this.#write("status", text), environment);
  #before: HTMLElement | null = null;

  protected start(page: Page, over: AbortSignal): void {
    this.#inbox = page.wholeInbox();
    on(this, "pointerenter focusin", over, () => this.#hold());
    on(this, "pointerleave focusout", over, () => this.#goOn());
    on(document, "visibilitychange", over, () => this.#goOn());
    on(document, "keydown", over, (event) => this.#key(event));
    on(this, "click", over, ({ target }) => this.#click(target));
    over.addEventListener("abort", () => {
      this.#hold();
      this.#announcer.stop();
    });
    each(this.#inbox, over, () => this.#look());
  }

  #look(): void {
    const items = this.#inbox.value?.items;
    if (!items) return;
    const known = this.#known;
    this.#known = new Set([...(known ?? []), ...items.map((item) => item.id)]);
    if (!known) return;
    const open = new Set(items.filter((item) => !item.read).map((item) => item.id));
    for (const toast of this.#toasts()) {
      if (!open.has(toast.dataset["id"] ?? "")) this.#close(toast);
    }
    const fresh = items.filter(({ id, seen }) => !seen && !known.has(id));
    for (const item of fresh.slice(0, this.#max).reverse()) this.#show(item);
  }

  #show(item: Notice): void {
    const made = rowIn(this);
    fill(made, item);
    this.one("ol")?.append(made);
    this.#announce(item);
    const toasts = this.#toasts();
    const tooMany = Math.max(0, toasts.length - this.#max);
    for (const toast of toasts.slice(0, tooMany)) this.#close(toast);
    this.#goOn();
  }

  /** What a `<flow-progress>` of the page says itself is not said twice. */
  #announce(item: Notice): void {
    if (document.querySelector(`flow-progress[run-id="${item.run}"]`)) return;
    const text = `${say(`tone.${item.tone}`)}: ${item.title}. ${sentence(item)}`;
    if (item.tone === "failure") this.#write("alert", text);
    else this.#announcer.say(text);
  }

  #write(role: string, text: string): void {
    this.one(`[role=${role}]`)?.replaceChildren(text);
  }

  get #max(): number {
    return Number(this.getAttribute("max")) || MAX;
  }

  #toasts(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("ol > [data-id]")];
  }

  #close(toast: HTMLElement): void {
    this.#timers.get(toast)?.();
    this.#timers.delete(toast);
    const others = this.#toasts().filter((other) => other !== toast);
    takeAway(toast, others.at(-1), this.#before);
  }

  #hold(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** Who stays for a while stays for all of it from here on. */
  #goOn(): void {
    this.#hold();
    if (document.hidden || this.matches(":hover") || this.contains(document.activeElement)) return;
    const duration = Number(this.getAttribute("duration")) || DURATION_MS;
    for (const toast of this.#toasts()) {
      if (toast.dataset["tone"] === "failure") continue;
      this.#timers.set(
        toast,
        environment.after(duration, () => this.#close(toast)),
      );
    }
  }

  #key(event: Event): void {
    if (!(event instanceof KeyboardEvent)) return;
    const { activeElement } = document;
    const inside = activeElement?.closest<HTMLElement>("flow-toasts [data-id]");
    if (event.key === "Escape" && inside && this.contains(inside)) this.#dismiss(inside);
    const newest = this.#toasts().at(-1);
    if (event.key !== "F8" || !newest) return;
    event.preventDefault();
    if (activeElement instanceof HTMLElement && !inside) this.#before = activeElement;
    pressableIn(newest)?.focus();
  }

  #click(target: EventTarget | null): void {
    if (!(target instanceof Element)) return;
    const toast = target.closest<HTMLElement>("[data-id]");
    if (!toast) return;
    if (target.closest("button")) this.#dismiss(toast);
    else if (target.closest("a")) this.#say("read", toast);
  }

  #dismiss(toast: HTMLElement): void {
    this.#say("seen", toast);
    this.#close(toast);
  }

  #say(act: "seen" | "read", { dataset }: HTMLElement): void {
    // What is not said now is seen in the inbox later.
    this.#inbox[act]([dataset["id"] ?? ""]).catch(() => {});
  }
}
