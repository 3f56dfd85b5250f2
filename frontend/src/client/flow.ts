/** The public door of the client. */

import type { Json } from "./acts";
import { environment } from "./environment";
import type { InboxTopic, LiveInbox } from "./inbox";
import { type Live, partOf, type Status } from "./live";
import type { Inbox } from "./notices";
import { type FlowOptions, Page, pageAmong, type Runs } from "./page";
import type { RunState, RunSummary } from "./views";

export interface InboxOptions {
  readonly grant?: string;
  /** `unread`: what was not read; else all. */
  readonly tab?: "all" | "unread";
  /** So many of the newest, at most. */
  readonly limit?: number;
}

export interface Flow {
  /** How the page stands: live where all that it follows is. */
  readonly status: Live<Status>;
  /** One run. `grant`: leave to watch it, signed by the server. It is watched while anybody listens. */
  run(id: string, options?: { grant?: string }): Live<RunState>;
  /** The newest of them, the newest first. */
  runs(which: Runs & { grant?: string }): Live<readonly RunSummary[]>;
  /** All of it, or a part: what is unread, the newest few. */
  inbox(options?: InboxOptions): LiveInbox;
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

/** A page with all that it may follow and do. */
export class FlowPage extends Page implements Flow {
  inbox({ tab, limit, ...seed }: InboxOptions = {}): InboxTopic {
    const whole = this.wholeInbox(seed);
    return this.kept(`inbox ${tab} ${limit}`, () =>
      partOf(whole, (inbox: Inbox) => ({
        ...inbox,
        items: inbox.items.filter((item) => !item.read || tab !== "unread").slice(0, limit),
      })),
    );
  }

  async start(
    workflow: string,
    input: Json,
    options?: { idempotencyKey?: string },
  ): Promise<{ run: string }> {
    const { start } = await import("./acts");
    return start(this.url, workflow, input, options);
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

const flows = new Map<string, FlowPage>();

/** What a page follows and does; the same options give the same one. */
export function flow(options?: FlowOptions): Flow {
  return pageAmong(flows, FlowPage, options);
}

/** The same, as it is for our own pages. */
export const pageOf = flow as (options?: FlowOptions) => FlowPage;
