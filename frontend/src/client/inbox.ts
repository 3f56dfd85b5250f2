/** A user's inbox: what it holds, and what he does with it. */

import type { Json } from "./acts";
import { INBOX } from "./kinds";
import type { Live } from "./live";
import type { Inbox } from "./notices";
import { type Follower, Topic } from "./topic";

/** Takes an act back. */
export type Undo = () => Promise<void>;

/** What is seen was shown, what is read was opened, what is archived is gone from it. */
export interface LiveInbox extends Live<Inbox> {
  /** All that is there, where no ids are given. */
  seen(ids?: readonly string[]): Promise<void>;
  read(ids: readonly string[] | "all"): Promise<void>;
  archive(ids: readonly string[]): Promise<Undo>;
  snooze(ids: readonly string[], until: Date): Promise<Undo>;
}

export class InboxTopic extends Topic<Inbox> implements LiveInbox {
  readonly #url: string;

  /** `url`: of the socket, beside which the acts are. */
  constructor(name: string, follower: Follower, url: string) {
    super(name, INBOX, follower);
    this.#url = url;
  }

  async seen(ids?: readonly string[]): Promise<void> {
    await this.#act("seen", { ids: ids ?? "all" });
  }

  async read(ids: readonly string[] | "all"): Promise<void> {
    await this.#act("read", { ids });
  }

  archive(ids: readonly string[]): Promise<Undo> {
    return this.#act("archive", { ids });
  }

  snooze(ids: readonly string[], until: Date): Promise<Undo> {
    return this.#act("snooze", { ids, until: until.toISOString() });
  }

  async #act(name: string, body: Json): Promise<Undo> {
    const { act } = await import("./acts");
    return act(this.#url, name, body, (epoch, offset) => this.reached(epoch, offset));
  }
}
