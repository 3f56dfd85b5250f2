/** What a page follows, as Vue composables: `useRun(id)`, `useInbox()`, `useLive(live)`. */

import { type MaybeRefOrGetter, type ShallowRef, shallowRef, toValue, watchEffect } from "vue";
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

/** Follows `live`, or what the getter gives, while the component is there. */
export function useLive<T>(live: MaybeRefOrGetter<Live<T>>): Readonly<ShallowRef<Now<T>>> {
  const now = shallowRef(nowOf(toValue(live), null));
  watchEffect((whenGone) => {
    const followed = toValue(live);
    const gone = new AbortController();
    const show = (error: FlowError | null) => {
      now.value = nowOf(followed, error);
    };
    show(null);
    const stop = followed.subscribe(() => show(null));
    followed
      .until(() => false, { signal: gone.signal })
      .catch((error) => gone.signal.aborted || show(error));
    whenGone(() => {
      gone.abort();
      stop();
    });
  });
  return now;
}

export function useRun(
  id: MaybeRefOrGetter<string>,
  options?: { grant?: string },
): Readonly<ShallowRef<Now<RunState>>> {
  return useLive(() => flow().run(toValue(id), options));
}

/** The inbox, or a part of it, and what is done with it. */
export function useInbox(options?: InboxOptions): {
  now: Readonly<ShallowRef<Now<Inbox>>>;
  inbox: LiveInbox;
} {
  const inbox = flow().inbox(options);
  return { now: useLive(inbox), inbox };
}

function nowOf<T>(live: Live<T>, error: FlowError | null): Now<T> {
  return { value: live.value, meta: live.meta, error };
}
