/**
 * `<flow-inbox>`: a bell with the number of what is unread, and the list under it, live.
 *
 * The server has written all of it (`{% flow_inbox %}`), forms that work without a script among them; the
 * number and the list are of one moment. What is shown in the open list counts as seen; what is opened, as
 * read. Events: `flow-inbox` with each change, `flow-open` before an item is opened; who cancels it opens
 * it himself.
 */

import type { InboxTopic, Undo } from "../client/inbox";
import type { Page } from "../client/page";
import { say, type Word } from "../model/words";
import { fill, rowIn, takeAway } from "./notice";
import { each, on, Part } from "./part";
import { paintRows, write } from "./parts";

const UNDO_MS = 5_000;
const SNOOZE_MS = 3_600_000;
const BADGE_MAX = 99;

export class FlowInbox extends Part {
  #inbox!: InboxTopic;
  /** What was last said to have been seen: the answer takes a moment. */
  #shown = "";
  #forget = () => {};

  protected start(page: Page, over: AbortSignal): void {
    const box = this.one<HTMLDetailsElement>("details");
    const list = this.one("ul");
    if (!box || !list) return;
    this.#inbox = page.wholeInbox({ frame: this.one("script")?.textContent });
    const paint = () => this.#paint(box, list);
    on(box, "toggle", over, paint);
    on(this, "submit", over, (event) => this.#submit(event));
    on(this, "click", over, (event) => this.#click(event, list));
    on(this, "keydown", over, (event) => {
      if (!(event instanceof KeyboardEvent) || event.key !== "Escape" || !box.open) return;
      box.open = false;
      this.one("summary")?.focus();
    });
    on(document, "click", over, (event) => {
      // Its path, not its target: what was pressed may be gone by now.
      if (!event.composedPath().includes(this)) box.open = false;
    });
    over.addEventListener("abort", () => this.#forget());
    this.one(".flow-tabs")?.removeAttribute("hidden");
    each(this.#inbox, over, paint);
  }

  #paint(box: HTMLDetailsElement, list: Element): void {
    const { value } = this.#inbox;
    if (!value) return;
    const items = value.items.slice(0, Number(this.getAttribute("page-size")) || undefined);
    paintRows(
      list,
      "id",
      items,
      (item) => item.id,
      fill,
      () => rowIn(this),
      // Who stood on what goes away stands on its neighbour.
      (row) =>
        takeAway(row, row.nextElementSibling ?? row.previousElementSibling, this.one("summary")),
    );
    this.#count(value.unread);
    this.#tab(list);
    const unseen = items.filter((item) => !item.seen).map((item) => item.id);
    if (box.open && !document.hidden && unseen.length > 0 && this.#shown !== `${unseen}`) {
      this.#shown = `${unseen}`;
      this.#do(() => this.#inbox.seen(unseen));
    }
    this.tell("flow-inbox", value);
  }

  #count(unread: number): void {
    const bell = unread ? say("inbox.unread", { count: unread }) : say("inbox.bell");
    this.one("summary")?.setAttribute("aria-label", bell);
    const badge = this.one(".flow-badge");
    write(badge, unread > BADGE_MAX ? `${BADGE_MAX}+` : `${unread || ""}`);
    badge?.toggleAttribute("hidden", !unread);
  }

  /** All, or what is unread. */
  #tab(list: Element, chosen?: Element): void {
    const tabs = [...this.querySelectorAll(".flow-tab")];
    if (chosen) for (const tab of tabs) tab.setAttribute("aria-pressed", `${tab === chosen}`);
    const isAll = tabs[0]?.getAttribute("aria-pressed") !== "false";
    list.toggleAttribute("data-unread-only", !isAll);
    const shown = list.querySelector(isAll ? "[data-id]" : "[data-unread]");
    this.one(".flow-nothing")?.toggleAttribute("hidden", !!shown);
  }

  #submit(event: Event): void {
    const form = event.target;
    const inbox = this.#inbox;
    if (!(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    const id = idOf(form);
    const act = event instanceof SubmitEvent && event.submitter?.getAttribute("data-act");
    if (!id) this.#do(() => inbox.read("all"));
    else if (act === "read") this.#do(() => inbox.read([id]));
    else if (act === "archive") this.#do(() => inbox.archive([id]), "inbox.archived");
    else this.#do(() => inbox.snooze([id], new Date(Date.now() + SNOOZE_MS)), "inbox.snoozed");
  }

  #click(event: Event, list: Element): void {
    const { target } = event;
    if (!(target instanceof Element)) return;
    if (target.matches(".flow-tab")) this.#tab(list, target);
    const id = idOf(target.closest(".flow-open"));
    const item = this.#inbox.value?.items.find((each) => each.id === id);
    if (!item) return;
    if (!this.tell("flow-open", item)) event.preventDefault();
    if (!item.read) this.#do(() => this.#inbox.read([item.id]));
  }

  /** Do it, and offer to take it back for a while; what does not work is said. */
  async #do(act: () => Promise<unknown>, said?: Word): Promise<void> {
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

/** The item in whose row it is. */
function idOf(inside: Element | null): string | undefined {
  return inside?.closest<HTMLElement>("[data-id]")?.dataset["id"];
}
