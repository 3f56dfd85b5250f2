/** A user's inbox: what it holds, and what he does with it. */

import type { Live } from "./live";
import type { Inbox } from "./notices";
import type { Topic } from "./topic";

/** Takes an act back. */
export type Undo = () => Promise<void>;

/** What is done with an inbox: seen is what was shown, read what was opened, archived what is gone from it. */
export interface Acts {
  /** All that is there, where no ids are given. */
  seen(ids?: readonly string[]): Promise<void>;
  read(ids: readonly string[] | "all"): Promise<void>;
  archive(ids: readonly string[]): Promise<Undo>;
  snooze(ids: readonly string[], until: Date): Promise<Undo>;
}

export interface LiveInbox extends Live<Inbox>, Acts {}

export type InboxTopic = Topic<Inbox> & Acts;

/** The topic with its acts, which are beside the socket at `url`. */
export function withActs(topic: Topic<Inbox>, url: string): InboxTopic {
  const act = async (name: string, body: object): Promise<Undo> => {
    const { act } = await import("./acts");
    return act(url, name, body, topic);
  };
  const acts: Acts = {
    async seen(ids) {
      await act("seen", { ids: ids ?? "all" });
    },
    async read(ids) {
      await act("read", { ids });
    },
    archive: (ids) => act("archive", { ids }),
    snooze: (ids, until) => act("snooze", { ids, until }),
  };
  return Object.assign(topic, acts);
}
