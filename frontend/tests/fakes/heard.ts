/** Somebody who listens to a topic, and writes down what it becomes. */

import type { Connection } from "../../src/client/connection";
import type { Fields } from "../../src/client/fields";
import type { Kind } from "../../src/client/kinds";
import type { Position } from "../../src/client/protocol";
import { type Follower, Topic } from "../../src/client/topic";
import { snapshot } from "./frames";

export class Heard implements Kind<number> {
  /** What was read and applied, by the names of steps or the kinds of entries. */
  log: string[] = [];
  canApply = true;
  readonly topic: Topic<number>;
  /** Each freshness that was told. */
  link: [boolean, number | null][] = [];

  constructor(name: string, follower: Follower | Connection, position: Position | null = null) {
    this.topic = new Topic(name, this, follower);
    if (position !== null) {
      this.topic.sow({ frame: JSON.stringify(snapshot(position.offset, {}, position.epoch)) });
      this.log = [];
    }
  }

  read(): number {
    this.log.push("snapshot");
    return 0;
  }

  after(value: number, type: unknown, part: Fields): number | null {
    if (!this.canApply || type === "dream") return null;
    this.log.push(String(part["id"] ?? type));
    return value + 1;
  }

  listen(): () => void {
    return this.topic.listen(() => this.link.push([this.topic.isLive, this.topic.asOf]));
  }
}
