/**
 * Whether this user has other tabs open. Alone, a tab has a link of its own and nothing is loaded; as
 * soon as another is heard of, both share one (`tabs.ts`). Where the page does not say whose it is, or no
 * tab could lead, each stays alone.
 */

import type { Message, Tabs } from "./tabs";
import type { Link, Transport, TransportEvents } from "./transport";

/** The name that all tabs of this user have in common for that socket; empty where there is none. */
export function userOf(url: string): string {
  const user = document.querySelector('meta[name="flow-user"]')?.getAttribute("content");
  return user && navigator.locks && globalThis.BroadcastChannel ? `flowengine ${url} ${user}` : "";
}

export class Others implements Transport {
  /** The link that a tab has for itself, or for all. */
  declare alone: Transport;
  tabs: Tabs | null = null;
  /** Called when the link comes another way from now on. */
  changed = () => {};
  readonly #name: string;
  #channel: BroadcastChannel | null = null;

  constructor(name: string, alone: Transport) {
    this.#name = name;
    this.alone = alone;
    this.join();
  }

  open(events: TransportEvents, grants: readonly string[]): Link {
    return (this.tabs ?? this.alone).open(events, grants);
  }

  /** Ask who is there. */
  join(): void {
    if (!this.#name) return;
    const channel = new BroadcastChannel(this.#name);
    this.#channel = channel;
    const hello: Message = { hello: true };
    channel.onmessage = () => {
      channel.onmessage = null;
      import("./neighbours").then(
        ({ tabsOn }) => {
          if (this.#channel !== channel) return;
          this.tabs ??= tabsOn(
            () => this.#channel,
            this.#name,
            () => this.alone,
          );
          this.changed();
        },
        // It could not be loaded: this tab stays alone.
        () => {},
      );
    };
    channel.postMessage(hello);
  }

  /** The page goes, perhaps to come back. */
  leave(): void {
    this.tabs?.leave();
    this.#channel?.close();
    this.#channel = null;
  }
}
