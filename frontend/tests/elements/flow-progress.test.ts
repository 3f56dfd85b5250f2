import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer } from "../../src/elements/announcer";
import { FlowProgress } from "../../src/elements/flow-progress";
import { FakeEnvironment } from "../fakes/environment";
import { changes, heartbeat, RUN, snapshot, step, succeeded, TOPIC } from "../fakes/frames";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 1;
  sent: unknown[] = [];
  onopen: () => void = () => {};
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

let number = 0;
let heard: string[];

/** The element as the server has written it: its children are there before it is. */
function written(frame: object | null, socket: string): FlowProgress {
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

/** The page as the server has written it, and its socket after the hello. */
function page(frame: object | null): [FlowProgress, FakeSocket] {
  number += 1;
  const element = written(frame, `/flow/ws/${number}/`);
  document.body.append(element);
  const socket = FakeSocket.all.at(-1);
  if (socket === undefined) throw new Error("no socket");
  return [element, socket];
}

function open(socket: FakeSocket): void {
  socket.onopen();
  socket.say({ t: "hello", v: 1, hb: 5000 });
}

function text(selector: string): string {
  return document.querySelector(selector)?.textContent ?? "";
}

function states(): (string | undefined)[] {
  return [...document.querySelectorAll<HTMLElement>("li[data-step]")].map(
    (i) => i.dataset["state"],
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  if (customElements.get("flow-progress") === undefined) {
    customElements.define("flow-progress", FlowProgress);
  }
  heard = [];
  for (const name of ["flow-progress", "flow-done", "flow-failed"]) {
    document.addEventListener(name, note);
  }
});

afterEach(() => {
  document.body.innerHTML = "";
  for (const name of ["flow-progress", "flow-done", "flow-failed"]) {
    document.removeEventListener(name, note);
  }
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function note(event: Event): void {
  heard.push(event.type);
}

describe("the element", () => {
  it("takes over what the server has written and goes on from there", async () => {
    const [, socket] = page(snapshot(5));
    open(socket);
    await Promise.resolve();

    expect(states()).toEqual(["running", "pending"]);
    expect(text(".flow-title")).toBe("Order 42");
    expect(socket.sent).toEqual([{ t: "sub", c: TOPIC, p: { e: "7f3", o: 5 } }]);
    expect(heard).toEqual([]);
  });

  it("makes its parts itself where the server has written none", () => {
    const [element, socket] = page(null);
    open(socket);
    expect(text(".flow-headline")).toBe("Waiting for this to begin.");

    socket.say(snapshot(2));

    expect(states()).toEqual(["running", "pending"]);
    expect(element.querySelector("progress")?.getAttribute("aria-label")).toBe("Progress");
  });

  it("follows to the end, and tells the page once", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);

    socket.say(changes(6, 6, [succeeded("reserve")]));
    socket.say(changes(7, 8, [succeeded("ship"), { t: "run.succeeded" }]));
    socket.say(changes(7, 8, [succeeded("ship"), { t: "run.succeeded" }]));

    expect(element.dataset["state"]).toBe("succeeded");
    expect(text(".flow-headline")).toBe("All done.");
    expect(text(".flow-percent")).toBe("100 %");
    expect(heard).toEqual(["flow-progress", "flow-progress", "flow-done"]);
  });

  it("opened after the end tells the page nothing", () => {
    const [, socket] = page(snapshot(9, { state: "succeeded", percent: 100 }));
    open(socket);
    socket.say(changes(10, 9));

    expect(heard).toEqual([]);
  });

  it("says of a failure what customers may know", () => {
    const [, socket] = page(snapshot(5));
    open(socket);

    socket.say(snapshot(7, { state: "failed", message: "Your card was declined." }));

    expect(text(".flow-headline")).toBe("Your card was declined.");
    expect(heard).toEqual(["flow-progress", "flow-failed"]);
  });

  it("never lets the percentage go back", () => {
    const steps = [step("reserve", "running", { progress: 0.8 }), step("ship")];
    const [element, socket] = page(snapshot(5, { percent: 40, steps }));
    open(socket);

    socket.say(snapshot(6, { percent: 0 }));

    expect(text(".flow-percent")).toBe("40 %");
    expect(element.querySelector("progress")?.value).toBe(40);
  });

  it("begins anew when the run was made anew", () => {
    const [, socket] = page(snapshot(5, { percent: 40 }));
    open(socket);

    socket.say(snapshot(2, { percent: 10 }, "9aa"));

    expect(text(".flow-percent")).toBe("10 %");
  });

  it("shows text as text", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const [element, socket] = page(null);
    open(socket);

    socket.say(
      snapshot(2, { title: evil, steps: [step(evil, "running", { title: evil, note: evil })] }),
    );

    expect(element.querySelectorAll("img")).toHaveLength(0);
    expect(text(".flow-title")).toBe(evil);
  });
});

describe("what is shown is live, or says as of when", () => {
  it("before the server has confirmed it, as of when it was written", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);
    socket.onclose({ code: 1006, reason: "" });

    expect(element.dataset["link"]).toBe("stale");
    expect(text(".flow-link")).toMatch(/^Reconnecting, as of .*:04/);
  });

  it("is live once confirmed, and old when the socket is cut", () => {
    const [element, socket] = page(snapshot(5));
    open(socket);
    socket.say(heartbeat(["7f3", 5]));
    expect([element.dataset["link"], text(".flow-link")]).toEqual(["live", "Live"]);

    socket.onclose({ code: 1006, reason: "" });

    expect(text(".flow-link")).toMatch(/^Reconnecting, as of/);
  });

  it("says that one is signed out, and keeps what was shown", () => {
    const [, socket] = page(snapshot(5));
    open(socket);
    socket.onclose({ code: 4401, reason: "" });

    expect(text(".flow-link")).toBe("Signed out");
    expect(states()).toEqual(["running", "pending"]);
  });

  it("ends with the outcome where no run will come", () => {
    const [element, socket] = page({ t: "pending", c: TOPIC });
    open(socket);

    socket.say({ t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." });

    expect(text(".flow-headline")).toBe("There was nothing to do.");
    expect(element.dataset["state"]).toBe("ended");
    expect(heard).toEqual(["flow-failed"]);
  });

  it("asks for nothing where the server has written the end already", () => {
    const end = { t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." };

    document.body.append(written(end, "/elsewhere/"));

    expect(FakeSocket.all).toHaveLength(0);
  });
});

describe("a screen reader", () => {
  it("is told the end at once", () => {
    const [, socket] = page(snapshot(5));
    open(socket);

    socket.say(changes(6, 6, [succeeded("reserve")]));
    socket.say(changes(7, 8, [succeeded("ship"), { t: "run.succeeded" }]));

    expect(text(".flow-said")).toBe("All done. Took 1.0 s");
  });

  it("is told of the rest every five seconds at most, the newest", () => {
    const environment = new FakeEnvironment();
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), environment);

    for (const n of [1, 2, 3]) announcer.say(`step ${n}`);
    environment.pass(4999);
    expect(said).toEqual(["step 1"]);

    environment.pass(1);
    expect(said).toEqual(["step 1", "step 3"]);
  });

  it("is not told the same twice", () => {
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), new FakeEnvironment());

    announcer.sayNow("All done.");
    announcer.sayNow("All done.");

    expect(said).toEqual(["All done."]);
  });
});
