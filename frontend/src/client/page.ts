/** The client in a browser: its timers, its events, the other tabs, and one link for all of a page. */

import type { Json } from "./acts";
import type { Backoff } from "./backoff";
import { Connection } from "./connection";
import { environment } from "./environment";
import { InboxTopic, type LiveInbox } from "./inbox";
import { RUN, RUNS } from "./kinds";
import type { FlowError, Live, Status } from "./live";
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

export interface Flow {
  /** How the page stands: live where all that it follows is. */
  readonly status: Live<Status>;
  /** One run. `grant`: leave to watch it, signed by the server. It is watched while anybody listens. */
  run(id: string, options?: { grant?: string }): Live<RunState>;
  /** The newest of them, the newest first. */
  runs(which: Runs & { grant?: string }): Live<readonly RunSummary[]>;
  inbox(options?: { grant?: string }): LiveInbox;
  /** Starts a workflow that may be started by hand; the same key starts it once. */
  start(
    workflow: string,
    input: Json,
    options?: { idempotencyKey?: string },
  ): Promise<{ run: string }>;
  /**
   * From a commit on the server to a frame in this browser, in ms, as this page has measured it since it
   * was first asked.
   */
  latency(): { p50: number; p99: number; n: number };
  /** Let go of the socket. */
  close(): void;
}

const HIDDEN_GRACE_MS = 300_000;
/** Topics of one kind: the same name gives the same one, as long as anybody has it. */
class Topics<T extends { sow(seed: Seed): unknown }> {
  readonly #make: (name: string) => T;
  readonly #known = new Map<string, WeakRef<T & WeakKey>>();

  constructor(make: (name: string) => T) {
    this.#make = make;
  }

  of(name: string, seed: Seed = {}): T {
    const topic = this.#known.get(name)?.deref() ?? this.#make(name);
    this.#known.set(name, new WeakRef(topic));
    topic.sow(seed);
    return topic;
  }
}

/** What a page follows and does. */
export class Page implements Flow {
  readonly status: Connection;
  readonly #url: string;
  readonly #runs: Topics<Topic<RunState>>;
  readonly #lists: Topics<Topic<readonly RunSummary[]>>;
  readonly #inboxes: Topics<InboxTopic>;

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
            const live = new URL("../live/", url).href;
            others.alone = withoutSocket(socket, live, environment);
          },
          () => {},
        ),
    });
    others.changed = () => connection.move();
    this.#url = url;
    this.status = connection;
    this.#runs = new Topics((name) => new Topic(name, RUN, connection));
    this.#lists = new Topics((name) => new Topic(name, RUNS, connection));
    this.#inboxes = new Topics((name) => new InboxTopic(name, connection, url));
    wakeWithThePage(connection, others, options.hiddenGraceMs ?? HIDDEN_GRACE_MS);
  }

  run(id: string, seed?: Seed): Topic<RunState> {
    return this.#runs.of(`run:${id}`, seed);
  }

  runs({ subject, workflow, ...seed }: Runs & Seed): Topic<readonly RunSummary[]> {
    const which = workflow ? `workflow:${workflow}` : subject ? `subject:${subject}` : "mine";
    return this.#lists.of(`runs:${which}`, seed);
  }

  inbox(seed?: Seed): InboxTopic {
    return this.#inboxes.of("inbox", seed);
  }

  async start(
    workflow: string,
    input: Json,
    options?: { idempotencyKey?: string },
  ): Promise<{ run: string }> {
    const { post } = await import("./acts");
    const path = `../start/${encodeURIComponent(workflow)}`;
    const key = options?.idempotencyKey ?? crypto.randomUUID();
    const { run } = await post(this.#url, path, input, key);
    return { run: String(run) };
  }

  latency(): { p50: number; p99: number; n: number } {
    const { latency } = this.status;
    if (latency) return latency.figures();
    import("./latency").then(
      (found) => {
        this.status.latency ??= new found.Latency(environment);
      },
      () => {},
    );
    return { p50: 0, p99: 0, n: 0 };
  }

  close(): void {
    this.status.close();
  }
}

const pages = new Map<string, Page>();

/** The same options give the same one: one link for all of a page. */
export function pageOf(options: FlowOptions = {}): Page {
  const url = new URL(options.url || "/flow/ws/", document.baseURI).href.replace(/^ws/, "http");
  const key = JSON.stringify({ ...options, url });
  const page = pages.get(key) ?? new Page(url, options);
  pages.set(key, page);
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
