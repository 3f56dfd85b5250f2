/** The connection in a browser: its timers, its events, and one connection per socket of a page. */

import { Connection, type Environment } from "./connection";
import { httpPoll } from "./poll";
import { answersOf } from "./protocol";
import { WebSocketTransport } from "./transport";

/** A page that is hidden for longer lets go of its socket. */
const HIDDEN_GRACE_MS = 300_000;

const connections = new Map<string, Connection>();
const pollUrls = new Map<string, string>();

const environment: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (action) => queueMicrotask(action),
};

/** The page's connection to the socket at `path`; the same path gives the same one. */
export function connectionTo(path: string): Connection {
  const known = connections.get(path);
  if (known !== undefined) return known;
  const connection = new Connection({
    transport: new WebSocketTransport(path, document.baseURI),
    environment,
    poll: httpPoll((topic) => (document.hidden ? null : (pollUrls.get(topic) ?? null))),
  });
  connections.set(path, connection);
  wakeWithThePage(connection);
  return connection;
}

/** Where `topic` is asked for while no socket can be opened. */
export function pollAt(topic: string, url: string): void {
  pollUrls.set(topic, url);
}

/**
 * Where this user answers which approval of a run, by step: what the JSON at `url` says, but for what is
 * answered on the page one is on. Never rejects.
 */
export async function answersAt(url: string): Promise<ReadonlyMap<string, string>> {
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json" },
      credentials: "same-origin",
    });
    const answers = [...answersOf(JSON.parse(await response.text()))];
    return new Map(answers.filter(([, page]) => !isHere(page)));
  } catch {
    return new Map();
  }
}

function isHere(url: string): boolean {
  return new URL(url, document.baseURI).pathname === location.pathname;
}

function wakeWithThePage(connection: Connection): void {
  let cancelPause: () => void = () => {};
  document.addEventListener("visibilitychange", () => {
    cancelPause();
    if (document.hidden) {
      cancelPause = environment.after(HIDDEN_GRACE_MS, () => connection.pause());
    } else {
      connection.wake();
    }
  });
  addEventListener("online", () => connection.wake());
  // A network that goes leaves the socket open and silent: the probe finds out within a second.
  addEventListener("offline", () => connection.wake());
  addEventListener("pageshow", (event) => {
    if (event.persisted) connection.wake();
  });
  // A page with an open socket cannot go into the back/forward cache.
  addEventListener("pagehide", () => connection.pause());
}
