/** A page with the small elements, its socket and the server behind its acts in the test's hand. */

import { afterEach, beforeEach, vi } from "vitest";
import { FlowButton } from "../../src/elements/flow-button";
import { FlowConnection } from "../../src/elements/flow-connection";
import { FlowInbox } from "../../src/elements/flow-inbox";
import { FlowToasts } from "../../src/elements/flow-toasts";
import { FakeSocket } from "./progress";

const ROW =
  '<svg><path/></svg><a class="flow-open"><span class="flow-tone"></span><span class="flow-name"></span></a>' +
  '<p class="flow-text"></p><time class="flow-at"></time><form method="post">' +
  '<button data-act="read" title="Mark as read"></button><button data-act="archive" title="Archive"></button></form>';
const ELEMENTS = {
  "flow-inbox": FlowInbox,
  "flow-toasts": FlowToasts,
  "flow-connection": FlowConnection,
  "flow-button": FlowButton,
};

/** The acts that were sent, in order. */
export const posted: [string, unknown][] = [];

let number = 0;

export function item(id: string, fields: object = {}): object {
  return {
    id,
    kind: "run.succeeded",
    title: `Order ${id}`,
    text: "All done.",
    say: { name: "say.succeeded" },
    url: `/runs/${id}/`,
    run: null,
    tone: "success",
    at: `2026-03-02T12:00:0${id}Z`,
    seen: false,
    read: false,
    archived: false,
    snoozed_until: null,
    ...fields,
  };
}

export function snap(...items: object[]): object {
  const s = { items, unread: items.length, unseen: items.length };
  return { t: "snap", c: "inbox", e: "a1", o: 1, s };
}

/** Elements meet the page with all that is inside them, as they do in a browser. */
export function put(html: string): void {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  document.body.replaceChildren(...holder.childNodes);
}

/** What the server has written, and the socket after its hello. */
export function page(html: (socket: string) => string): FakeSocket {
  number += 1;
  put(html(`/flow/ws/${number}/`));
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("no socket");
  socket.say({ t: "hello", v: 1, hb: 5000 });
  return socket;
}

export function inbox(socket: string, frame: object, attributes = ""): string {
  return `<flow-inbox socket="${socket}" ${attributes}><script type="application/json">${JSON.stringify(frame)}</script>
    <details><summary></summary><span class="flow-badge"></span><form></form>
    <div class="flow-tabs" hidden><button class="flow-tab" type="button" aria-pressed="true">All</button>
    <button class="flow-tab" type="button" aria-pressed="false">Unread</button></div>
    <ul></ul><p class="flow-nothing"></p></details><div class="flow-undone" role="status"></div>
    <template><li>${ROW}</li></template></flow-inbox>`;
}

export function toasts(socket: string): string {
  return `<flow-toasts socket="${socket}"><ol></ol><p role="status"></p><p role="alert"></p>
    <template><li>${ROW}</li></template></flow-toasts>`;
}

export function texts(selector: string): string[] {
  return [...document.querySelectorAll(selector)].map((found) => found.textContent ?? "");
}

export function press(selector: string): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  found.click();
}

/** What is being waited for has come. */
export async function settle(): Promise<void> {
  await vi.dynamicImportSettled();
  for (let turn = 0; turn < 10; turn += 1) await vi.advanceTimersByTimeAsync(0);
}

/** To be called once in each file: a page of its own for each test. */
export function withPage(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    FakeSocket.all = [];
    posted.length = 0;
    vi.stubGlobal("fetch", async (url: string | URL, options: { body: string }) => {
      posted.push([`${url}`.replace(/.*\/inbox\//, ""), JSON.parse(options.body)]);
      const answer = { e: "a1", o: 2, unread: 0, unseen: 0, undo: "archive 2026" };
      return new Response(JSON.stringify(answer));
    });
    sessionStorage.clear();
    for (const [name, element] of Object.entries(ELEMENTS)) {
      if (customElements.get(name) === undefined) customElements.define(name, element);
    }
  });

  afterEach(() => {
    document.body.innerHTML = "";
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}
