/** What an entry of the audit is called, and where the thing is that it was done to. */

import type { Told } from "../../http/ask";
import { page, to } from "../../state/page";

type Entry = Pick<Told["AuditTold"], "who" | "verb" | "kind" | "object_id">;

/** Screens of the kinds of things; those that have none are left out. */
const PLACES: ReadonlyMap<string, (id: string) => string> = new Map([
  ["run", (id) => to(`runs/${id}`)],
  ["event", (id) => to(`events/${id}`)],
  ["replay", (id) => to(`replays/${id}`)],
  ["dead_group", (id) => to(`dead/${id}`)],
  ["dead_letter", (id) => to(`dead/letters/${id}`)],
  ["station", () => to("stations")],
  ["worker", () => to("workers")],
  ["workflow", (name) => to(`definitions/${encodeURIComponent(name)}`)],
  ["rule", () => to("notifications")],
]);

/** The screen of what it was done to; null where there is none. */
export function placeOf({ kind, object_id: id }: Entry): string | null {
  return id ? (PLACES.get(kind)?.(id) ?? null) : null;
}

/** Who did it, as one would say. */
export function whoOf({ who }: Entry): string {
  if (who === "") return "the system";
  if (who === page.user.key) return `you (${page.user.name})`;
  const [, login] = /^cli:(.*)$/.exec(who) ?? [];
  return login === undefined ? `user ${who}` : `${login}, in a shell`;
}

/** What was done: `station: pause` of `station.pause`. */
export function actOf({ verb, kind }: Entry): string {
  const [of = "", ...did] = verb.split(".");
  return did.length > 0 ? `${of}: ${did.join(" ")}` : `${kind.replaceAll("_", " ")}: ${verb}`;
}
