/**
 * `<flow-button>` around a form: one click starts one run, and the page shows it.
 *
 * The form is sent with an `Idempotency-Key` that stays with this tab until the run is over, through a
 * reload or a lost answer: clicked again, it is the same run. An answer `{"run": id}` is shown as a
 * `<flow-progress>`; one that leads elsewhere is followed. Without a script it is a form.
 */

import type { Page } from "../client/page";
import { say } from "../model/words";
import { on, Part } from "./part";

interface Kept {
  readonly key: string;
  readonly run?: string;
}

export class FlowButton extends Part {
  protected start(_page: Page, over: AbortSignal): void {
    const form = this.querySelector("form");
    if (!form) return;
    this.dataset["state"] = "ready";
    const place = `flow-button ${this.id} ${form.action}`;
    const { run } = kept(place);
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
    const before = kept(place);
    const key = before.key || crypto.randomUUID();
    sessionStorage.setItem(place, JSON.stringify({ ...before, key }));
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
      const said: unknown = answer.ok ? await answer.json() : null;
      const run = typeof said === "object" && said && "run" in said ? String(said.run) : "";
      if (!run) throw new Error(`${answer.status}`);
      sessionStorage.setItem(place, JSON.stringify({ key, run }));
      this.#follow(run);
    } catch {
      // The key is kept: what was begun in spite of it is not begun again.
      this.#stand("failed", say("inbox.failed"));
    }
  }

  #follow(run: string): void {
    this.#stand("accepted", say("button.sent"));
    this.querySelector("flow-progress")?.remove();
    const progress = document.createElement("flow-progress");
    for (const name of ["socket", "grant"]) {
      const value = this.getAttribute(name);
      if (value !== null) progress.setAttribute(name, value);
    }
    progress.setAttribute("compact", "");
    progress.setAttribute("run-id", run);
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
    const place = this.querySelector("[role=status]") ?? this.#region();
    place.textContent = said;
  }

  #region(): HTMLElement {
    const region = document.createElement("p");
    region.className = "flow-button-said";
    region.setAttribute("role", "status");
    this.querySelector("form")?.after(region);
    return region;
  }
}

function kept(place: string): Kept {
  try {
    const { key, run }: Kept = JSON.parse(sessionStorage.getItem(place) ?? "");
    return run ? { key, run } : { key };
  } catch {
    return { key: "" };
  }
}
