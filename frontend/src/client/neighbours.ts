/** The other tabs of this user, over a channel, and the lock that only one of them has. */

import { environment } from "./environment";
import { type Message, type Neighbours, Tabs } from "./tabs";
import type { Transport } from "./transport";

/** `channel` gives the one that is open, null while the page is away; `inner` the way to the server. */
export function tabsOn(
  channel: () => BroadcastChannel | null,
  name: string,
  inner: () => Transport,
): Tabs {
  const neighbours: Neighbours = {
    id: crypto.randomUUID(),
    post: (message) => channel()?.postMessage(message),
    listen(heard) {
      const own = channel();
      const listener = (event: MessageEvent<Message>) => heard(event.data);
      own?.addEventListener("message", listener);
      return () => own?.removeEventListener("message", listener);
    },
    lead(isTaking, granted, lost) {
      const withdrawn = new AbortController();
      const { signal } = withdrawn;
      const hold = () =>
        new Promise<void>((release) => {
          signal.addEventListener("abort", () => release());
          if (signal.aborted) release();
          else granted();
        });
      navigator.locks
        .request(name, isTaking ? { steal: true } : { signal }, hold)
        .catch(() => signal.aborted || lost());
      return () => withdrawn.abort();
    },
  };
  return new Tabs({ open: (...how) => inner().open(...how) }, neighbours, environment);
}
