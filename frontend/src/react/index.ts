/** What a page follows, as React hooks: `useRun(id)`, `useInbox()`, `useLive(live)`. */

import { useEffect, useState } from "react";
import {
  type FlowError,
  flow,
  type Inbox,
  type InboxOptions,
  type Live,
  type LiveInbox,
  type Meta,
  type RunState,
} from "../client";

/** A live value as it is now. */
export interface Now<T> {
  /** Undefined before it is known. */
  readonly value: T | undefined;
  readonly meta: Meta;
  /** Why no other value will come; null while one may. */
  readonly error: FlowError | null;
}

/** Follows `live` while the component is there; it is drawn anew once per frame at most. */
export function useLive<T>(live: Live<T>): Now<T> {
  const [now, setNow] = useState<Now<T> & { live: Live<T> }>(() => nowOf(live, null));
  useEffect(() => {
    const gone = new AbortController();
    const stop = live.subscribe(() => setNow(nowOf(live, null)));
    live
      .until(() => false, { signal: gone.signal })
      .catch((error) => gone.signal.aborted || setNow(nowOf(live, error)));
    return () => {
      gone.abort();
      stop();
    };
  }, [live]);
  // Another one is followed from the next effect on: what was known of the last is not shown for it.
  return now.live === live ? now : nowOf(live, null);
}

export function useRun(id: string, options?: { grant?: string }): Now<RunState> {
  return useLive(flow().run(id, options));
}

/** The inbox, or a part of it, and what is done with it. */
export function useInbox(options?: InboxOptions): Now<Inbox> & { readonly inbox: LiveInbox } {
  const inbox = flow().inbox(options);
  return { ...useLive(inbox), inbox };
}

function nowOf<T>(live: Live<T>, error: FlowError | null): Now<T> & { live: Live<T> } {
  return { live, value: live.value, meta: live.meta, error };
}
