/**
 * `<flow-button>` around a form: one click starts one run, and the page shows it.
 *
 * The form is sent with an `Idempotency-Key` that stays with this tab until the run is over, through a
 * reload or a lost answer: clicked again, it is the same run. An answer `{"run": id}` is shown as a
 * `<flow-progress>`; one that leads elsewhere is followed. Without a script it is a form.
 */

import { checked, isFields } from "../client/fields";
import type { Page } from "../client/page";
import { say } from "../model/words";
import { on, Part } from "./part";
import { partIn, write } from "./parts";

export class FlowButton extends Part {
  protected start(_page: Page, over: AbortSignal): void {
    const form = this.querySelector("form");
    if (!form) return;
    // There before it speaks: a region that is born with its text is not read.
    partIn(this, "p", "button-said").setAttribute("role", "status");
    this.#stand("ready");
    const place = `flow-button ${this.id} ${form.action}`;
    const [, run] = keptAt(place);
    if (run) this.#follow(run);
    on(form, "submit", over, (event) => {
      event.preventDefault();
      void this.#send(form, place, event instanceof SubmitEvent ? event.submitter : null);
    });
    on(this, "flow-done flow-failed", over, () => {
      sessionStorage.removeItem(place);
      this.#stand("ready");
    });
  }

  async #send(form: HTMLFormElement, place: string, submitter: HTMLElement | null): Promise<void> {
    const { state } = this.dataset;
    if (state === "sending" || state === "accepted") return;
    const key = keptAt(place)[0] || crypto.randomUUID();
    sessionStorage.setItem(place, key);
    const body = new FormData(form, submitter);
    this.#stand("sending");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { accept: "application/json", "idempotency-key": key },
      });
      if (answer.redirected) {
        sessionStorage.removeItem(place);
        location.assign(answer.url);
        return;
      }
      const { run } = checked(answer.ok && (await answer.json()), isFields);
      if (!run) throw new Error();
      sessionStorage.setItem(place, `${key} ${run}`);
      this.#follow(`${run}`);
    } catch {
      // The key is kept: what was begun in spite of it is not begun again.
      this.#stand("failed", say("inbox.failed"));
    }
  }

  #follow(run: string): void {
    this.#stand("accepted", say("button.sent"));
    this.querySelector("flow-progress")?.remove();
    const progress = document.createElement("flow-progress");
    const handed = ["socket", "grant"].map((name) => [name, this.getAttribute(name)] as const);
    for (const [name, value] of [...handed, ["compact", ""], ["run-id", run]] as const) {
      if (value !== null) progress.setAttribute(name, value);
    }
    this.append(progress);
  }

  #stand(state: string, said = ""): void {
    this.dataset["state"] = state;
    const isBusy = state === "sending" || state === "accepted";
    this.setAttribute("aria-busy", `${state === "sending"}`);
    for (const button of this.querySelectorAll<HTMLButtonElement>("form button")) {
      // Not `disabled`: that would take the focus from who has just pressed it.
      button.setAttribute("aria-disabled", `${isBusy}`);
    }
    write(partIn(this, "p", "button-said"), said);
  }
}

/** What this tab keeps of a form: the key that was sent, and the run that it has begun. */
function keptAt(place: string): readonly string[] {
  return (sessionStorage.getItem(place) ?? "").split(" ");
}
