/**
 * `<flow-inbox>`: a bell with the number of what is unread, and the list under it, live.
 *
 * The server has written all of it (`{% flow_inbox %}`), forms that work without a script among them; the
 * number and the list are of one moment. What is shown in the open list counts as seen; what is opened, as
 * read. Events: `flow-inbox` with each change, `flow-open` before an item is opened; who cancels it opens
 * it himself.
 */

import type { InboxTopic, Undo } from "../client/inbox";
import type { Notice } from "../client/notices";
import type { Page } from "../client/page";
import { say, type Word } from "../model/words";
import { fill } from "./notice";
import { each, on, Part } from "./part";

const UNDO_MS = 5_000;
const SNOOZE_MS = 3_600_000;
const BADGE_MAX = 99;

export class FlowInbox extends Part {
  #inbox: InboxTopic | undefined;
  /** What was last said to have been seen: the answer takes a moment. */
  #shown = "";
  #forget = () => {};

  protected start(page: Page, over: AbortSignal): void {
    const box = this.querySelector("details");
    if (!box) return;
    this.#inbox = page.inbox({ frame: this.one("script")?.textContent });
    on(box, "toggle", over, () => this.#paint());
    on(this, "submit", over, (event) => this.#submit(event));
    on(this, "click", over, (event) => this.#click(event));
    on(this, "keydown", over, (event) => this.#key(event, box));
    on(document, "click", over, (event) => {
      // Its path, not its target: what was pressed may be gone by now.
      if (!event.composedPath().includes(this)) box.open = false;
    });
    over.addEventListener("abort", () => this.#forget());
    this.one(".flow-tabs")?.removeAttribute("hidden");
    each(this.#inbox, over, () => this.#paint());
  }

  #paint(): void {
    const value = this.#inbox?.value;
    const list = this.one("ul");
    const template = this.querySelector("template");
    if (!value || !list || !template) return;
    const rows = new Map(this.#rows(list).map((row) => [row.dataset["id"], row]));
    value.items.forEach((item, index) => {
      const made = template.content.firstElementChild?.cloneNode(true);
      const row = rows.get(item.id) ?? (made instanceof HTMLElement ? made : null);
      if (!row) return;
      rows.delete(item.id);
      fill(row, item);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    });
    for (const row of rows.values()) this.#remove(row);
    this.#count(value.unread);
    this.#tab(list);
    const isOpen = this.querySelector("details")?.open && !document.hidden;
    const unseen = value.items.filter((item) => !item.seen).map((item) => item.id);
    if (isOpen && unseen.length > 0 && this.#shown !== unseen.join()) {
      this.#shown = unseen.join();
      this.#do(() => this.#inbox?.seen(unseen));
    }
    this.dispatchEvent(
      new CustomEvent("flow-inbox", { detail: value, bubbles: true, composed: true }),
    );
  }

  #rows(list: Element): HTMLElement[] {
    return [...list.querySelectorAll<HTMLElement>(":scope > [data-id]")];
  }

  /** Who stood on what goes away stands on its neighbour. */
  #remove(row: HTMLElement): void {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    const had = row.contains(document.activeElement);
    row.remove();
    if (had)
      (next?.querySelector<HTMLElement>("a,button") ?? this.one<HTMLElement>("summary"))?.focus();
  }

  #count(unread: number): void {
    const bell = this.one("summary");
    const badge = this.one(".flow-badge");
    bell?.setAttribute(
      "aria-label",
      unread ? say("inbox.unread", { count: unread }) : say("inbox.bell"),
    );
    if (!badge) return;
    badge.textContent = unread > BADGE_MAX ? `${BADGE_MAX}+` : `${unread || ""}`;
    badge.hidden = unread === 0;
  }

  /** All, or what is unread. */
  #tab(list: HTMLElement, chosen?: Element): void {
    const tabs = [...this.querySelectorAll(".flow-tab")];
    for (const tab of chosen ? tabs : []) tab.setAttribute("aria-pressed", `${tab === chosen}`);
    const isAll = tabs[0]?.getAttribute("aria-pressed") !== "false";
    list.toggleAttribute("data-unread-only", !isAll);
    const shown = this.#rows(list).filter((row) => isAll || row.hasAttribute("data-unread"));
    this.one(".flow-nothing")?.toggleAttribute("hidden", shown.length > 0);
  }

  #submit(event: Event): void {
    const form = event.target;
    const inbox = this.#inbox;
    if (!(form instanceof HTMLFormElement) || !inbox) return;
    event.preventDefault();
    const id = form.closest<HTMLElement>("[data-id]")?.dataset["id"];
    const by = event instanceof SubmitEvent ? event.submitter : null;
    const act = by?.getAttribute("data-act");
    if (!id) this.#do(() => inbox.read("all"));
    else if (act === "read") this.#do(() => inbox.read([id]));
    else if (act === "archive") this.#do(() => inbox.archive([id]), "inbox.archived");
    else this.#do(() => inbox.snooze([id], new Date(Date.now() + SNOOZE_MS)), "inbox.snoozed");
  }

  #click(event: Event): void {
    const { target } = event;
    const list = this.one("ul");
    if (!(target instanceof Element) || !list) return;
    if (target.matches(".flow-tab")) this.#tab(list, target);
    const id = target.closest(".flow-open")?.closest<HTMLElement>("[data-id]")?.dataset["id"];
    const item = this.#inbox?.value?.items.find((each) => each.id === id);
    if (item) this.#open(item, event);
  }

  #open(item: Notice, event: Event): void {
    const opens = new CustomEvent("flow-open", {
      detail: item,
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (!this.dispatchEvent(opens)) event.preventDefault();
    if (!item.read) this.#do(() => this.#inbox?.read([item.id]));
  }

  #key(event: Event, box: HTMLDetailsElement): void {
    if (!(event instanceof KeyboardEvent) || event.key !== "Escape" || !box.open) return;
    box.open = false;
    this.one("summary")?.focus();
  }

  /** Do it, and offer to take it back for a while; what does not work is said. */
  async #do(act: () => Promise<unknown> | undefined, said?: Word): Promise<void> {
    try {
      const undo = await act();
      if (said && typeof undo === "function") this.#say(said, () => undo());
    } catch {
      this.#say("inbox.failed");
    }
  }

  #say(said: Word, undo?: Undo): void {
    const place = this.one(".flow-undone");
    this.#forget();
    place?.replaceChildren(say(said));
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = say("inbox.undo");
      button.onclick = () => {
        this.#forget();
        this.#do(undo);
      };
      place?.append(" ", button);
    }
    const timer = setTimeout(() => this.#forget(), UNDO_MS);
    this.#forget = () => {
      clearTimeout(timer);
      const had = place?.contains(document.activeElement);
      place?.replaceChildren();
      if (had) this.one("summary")?.focus();
    };
  }
}
