/** The client in a browser: its timers, its events, the other tabs, and one link for all of a page. */

import type { Backoff } from "./backoff";
import { Connection } from "./connection";
import { environment } from "./environment";
import { type InboxTopic, withActs } from "./inbox";
import { INBOX, RUN, RUNS } from "./kinds";
import type { FlowError } from "./live";
import { Others, userOf } from "./others";
import { type Seed, Topic } from "./topic";
import { webSocket } from "./transport";
import type { RunState, RunSummary } from "./views";

export interface FlowOptions {
  /** The socket; `/flow/ws/` of the page's own origin by default. */
  readonly url?: string | undefined;
  /** A grant for what has none of its own; null = signed out. Without it the session's cookie counts. */
  readonly token?: (() => Promise<string | null>) | undefined;
  /** `auto`: one socket for all tabs of one user, where the page says who that is. */
  readonly tabs?: "auto" | "off" | undefined;
  /** A page that is hidden for longer lets go of its socket, and comes back when it is seen. */
  readonly hiddenGraceMs?: number | undefined;
  /** Until the server has said its own. */
  readonly heartbeatMs?: number | undefined;
  readonly backoff?: Backoff | undefined;
  readonly onError?: ((error: FlowError) => void) | undefined;
}

/** Which runs: of a subject, of a workflow, or those that this user has caused. */
export interface Runs {
  readonly subject?: string;
  readonly workflow?: string;
  readonly mine?: true;
}

const HIDDEN_GRACE_MS = 300_000;

/** What a page follows. */
export class Page {
  declare readonly status: Connection;
  /** Of the socket, beside which the acts are. */
  protected declare readonly url: string;
  /** By name, each as long as anybody has it. */
  readonly #known = new Map<string, WeakRef<object>>();

  constructor(url: string, options: FlowOptions) {
    const socket = webSocket(url);
    const others = new Others(options.tabs === "off" ? "" : userOf(url), socket);
    const connection = new Connection({
      ...options,
      transport: others,
      environment,
      // What few pages need is loaded by those that do.
      troubled: () =>
        import("./fallback").then(
          ({ withoutSocket }) => {
            others.alone = withoutSocket(socket, url, environment);
          },
          () => {},
        ),
    });
    others.changed = () => connection.move();
    this.url = url;
    this.status = connection;
    wakeWithThePage(connection, others, options.hiddenGraceMs ?? HIDDEN_GRACE_MS);
  }

  run(id: string, seed?: Seed): Topic<RunState> {
    const name = `run:${id}`;
    return this.kept(name, () => new Topic(name, RUN, this.status)).sow(seed);
  }

  runs({ subject, workflow, ...seed }: Runs & Seed): Topic<readonly RunSummary[]> {
    const which = workflow ? `workflow:${workflow}` : subject ? `subject:${subject}` : "mine";
    const name = `runs:${which}`;
    return this.kept(name, () => new Topic(name, RUNS, this.status)).sow(seed);
  }

  wholeInbox(seed?: Seed): InboxTopic {
    const name = "inbox";
    return this.kept(name, () => withActs(new Topic(name, INBOX, this.status), this.url)).sow(seed);
  }

  /** What has that name, which says of what type it is: the same one, as long as anybody has it. */
  protected kept<T extends object>(name: string, make: () => T): T {
    const found = (this.#known.get(name)?.deref() as T | undefined) ?? make();
    this.#known.set(name, new WeakRef(found));
    return found;
  }
}

/** The page of these options among `known`: the same options give the same one, with one link for all. */
export function pageAmong<P extends Page>(
  known: Map<string, P>,
  make: new (url: string, options: FlowOptions) => P,
  options: FlowOptions = {},
): P {
  const url = new URL(options.url || "/flow/ws/", document.baseURI).href.replace(/^ws/, "http");
  const key = JSON.stringify([url, options]);
  const page = known.get(key) ?? new make(url, options);
  known.set(key, page);
  return page;
}

function wakeWithThePage(connection: Connection, others: Others, graceMs: number): void {
  let cancelPause = () => {};
  document.addEventListener("visibilitychange", () => {
    cancelPause();
    others.tabs?.looked();
    if (document.hidden) cancelPause = environment.after(graceMs, () => connection.pause());
    else connection.wake();
  });
  // A network that goes leaves the socket open and silent: the probe finds out within a second.
  for (const name of ["online", "offline"]) addEventListener(name, () => connection.wake());
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    others.join();
    connection.wake();
  });
  // A page with an open socket or a lock cannot go into the back/forward cache.
  addEventListener("pagehide", () => {
    connection.pause();
    others.leave();
  });
}
