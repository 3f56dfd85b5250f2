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
    const { post } = await import("./acts");
    const { e, o, undo } = await post(this.#url, `../inbox/${name}`, body);
    // As a heartbeat says it: what has not come yet is asked for, what came is not undone.
    if (typeof e === "string" && typeof o === "number") this.reached(e, o);
    return async () => {
      if (typeof undo === "string") await this.#act("undo", { undo });
    };
  }
}
