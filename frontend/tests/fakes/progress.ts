/** A page with one `<flow-progress>`, its socket in the test's hand, and what it told the page. */

import { afterEach, beforeEach, vi } from "vitest";
import { FlowProgress } from "../../src/elements/flow-progress";
import { RUN } from "./frames";

export class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 1;
  sent: unknown[] = [];
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number; reason: string }) => void = () => {};

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {}
  say(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

const EVENTS = ["flow-progress", "flow-waiting", "flow-done", "flow-failed"];

/** The events that the page was told, in order. */
export const heard: string[] = [];

let number = 0;

/** To be called once in each file: a page of its own for each test. */
export function withPage(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    FakeSocket.all = [];
    heard.length = 0;
    if (customElements.get("flow-progress") === undefined) {
      customElements.define("flow-progress", FlowProgress);
    }
    for (const name of EVENTS) document.addEventListener(name, note);
  });

  afterEach(() => {
    document.body.innerHTML = "";
    for (const name of EVENTS) document.removeEventListener(name, note);
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

function note(event: Event): void {
  heard.push(event.type);
}

/** The element as the server has written it: its children are there before it is. */
export function written(frame: object | null, socket: string): FlowProgress {
  const element = new FlowProgress();
  element.setAttribute("run-id", RUN);
  element.setAttribute("socket", socket);
  element.setAttribute("as-of", "2026-03-02T12:03:04Z");
  const script = document.createElement("script");
  script.type = "application/json";
  script.textContent = JSON.stringify(frame);
  const title = document.createElement("p");
  title.className = "flow-title";
  title.textContent = "written by the server";
  element.append(script, title);
  return element;
}

/** The page as the server has written it, with these attributes, and its socket after the hello. */
export function page(
  frame: object | null,
  attributes: Readonly<Record<string, string>> = {},
): [FlowProgress, FakeSocket] {
  number += 1;
  const element = written(frame, `/flow/ws/${number}/`);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.body.append(element);
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("no socket");
  return [element, socket];
}

/** What is loaded only where it is needed has come. */
export const loaded = () => vi.dynamicImportSettled();

export function open(socket: FakeSocket): void {
  socket.say({ t: "hello", v: 1, hb: 5000 });
}

export function text(selector: string): string {
  return document.querySelector(selector)?.textContent ?? "";
}

export function states(): (string | undefined)[] {
  return [...document.querySelectorAll<HTMLElement>("li[data-step]")].map(
    (i) => i.dataset["state"],
  );
}
