/** What the model server tells of: parts, each with the number it was last written with. */

import { type Fields, fieldsIn } from "../../src/client/fields";
import type { Kind } from "../../src/client/kinds";
import type { Topic } from "../../src/client/topic";
import type { ModelServer } from "./server";

export type Parts = ReadonlyMap<string, number>;

export const PARTS: Kind<Parts> = {
  read: (state: Fields) =>
    new Map(fieldsIn(state["parts"]).map((part) => [String(part["id"]), Number(part["value"])])),
  after: (parts, _type, part) => new Map(parts).set(String(part["id"]), Number(part["value"])),
};

/** What is shown is what the server has. */
export function agrees(server: ModelServer, topic: Topic<Parts>): boolean {
  const { epoch, offset, state } = server.journal(topic.name);
  const { value, position } = topic;
  if (value === undefined || position?.epoch !== epoch || position.offset !== offset) return false;
  return Object.entries(state).every(([id, written]) => value.get(id) === written);
}
