/**
 * What was looked at last with this browser, for the palette: of each thing its kind, its id and its name,
 * and nothing that is payload.
 *
 * It is one user's: another one who comes finds nothing of it, and with the session it goes.
 */

import { type Fields, fieldsIn, isFields } from "../../client/fields";
import type { Glyph } from "../parts/glyphs";
import { may, page, to } from "./page";
import { readKept, writeKept } from "./prefs";

interface Kind {
  readonly says: string;
  readonly icon: Glyph;
  /** Empty = none is needed. */
  readonly permission: string;
  /** Where such things are, below the dashboard's own. */
  readonly at: string;
}

const KINDS = {
  run: { says: "Run", icon: "runs", permission: "view_run", at: "runs/" },
  event: { says: "Event", icon: "events", permission: "view_eventrecord", at: "events/" },
  cause: { says: "Cause", icon: "dead", permission: "view_dead_letter", at: "dead/" },
  letter: {
    says: "Dead letter",
    icon: "dead",
    permission: "view_dead_letter",
    at: "dead/letters/",
  },
  replay: { says: "Replay", icon: "replays", permission: "", at: "replays/" },
  workflow: {
    says: "Definition",
    icon: "definitions",
    permission: "view_workflowrecord",
    at: "definitions/",
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindOfRecent = keyof typeof KINDS;

/** Something that was looked at. */
export interface Recent {
  readonly kind: KindOfRecent;
  /** Of a workflow its name. */
  readonly id: string;
  /** As its page had it. */
  readonly name: string;
}

const KEPT_AS = "recent";
/** So many are shown. */
export const SHOWN_MAX = 7;
/** One more: that which is looked at now is not shown. */
const KEPT_MAX = SHOWN_MAX + 1;
const NAME_MAX = 120;
const ID_MAX = 200;
/** More than all of them can take: what is longer was not written here. */
const TEXT_MAX = 32_000;

/** With `thing` as the newest; once, and without the oldest where there are too many. */
export function withRecent(before: readonly Recent[], thing: Recent): readonly Recent[] {
  const { kind, id } = thing;
  if (id === "" || id.length > ID_MAX) return before;
  const name = [...thing.name].slice(0, NAME_MAX).join("");
  const others = before.filter((each) => each.kind !== kind || each.id !== id);
  return [{ kind, id, name }, ...others].slice(0, KEPT_MAX);
}

/** As it is kept for the user of that key. */
export function textOf(things: readonly Recent[], user: string): string {
  return JSON.stringify({ user, things });
}

/** What a text holds that was kept for this user, the newest first: nothing of another's, nor of any other text. */
export function recentIn(text: string | null, user: string): readonly Recent[] {
  if (text === null || text.length > TEXT_MAX) return [];
  const found = parsed(text);
  if (!isFields(found) || found["user"] !== user) return [];
  const things = fieldsIn(found["things"]).filter(isRecent);
  return things.reduceRight<readonly Recent[]>(withRecent, []);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecent(value: Fields): value is Fields & Recent {
  const { kind, id, name } = value;
  return (
    typeof kind === "string" &&
    Object.hasOwn(KINDS, kind) &&
    typeof id === "string" &&
    typeof name === "string" &&
    name !== ""
  );
}

/** What may lead back to something. */
export interface Way {
  readonly name: string;
  readonly says: string;
  readonly icon: Glyph;
  readonly url: string;
}

/** The ways back that are shown at `here`, a path: not to where one is, nor to what one may not see. */
export function waysBack(things: readonly Recent[], here: string): readonly Way[] {
  return things
    .filter(({ kind }) => KINDS[kind].permission === "" || may(KINDS[kind].permission))
    .map(wayBack)
    .filter(({ url }) => url !== here)
    .slice(0, SHOWN_MAX);
}

function wayBack({ kind, id, name }: Recent): Way {
  const { says, icon, at } = KINDS[kind];
  // The name of a workflow says which it is; of two orders only the ids differ.
  const which = kind === "workflow" ? says : `${says} ${id.slice(-8)}`;
  return { name, says: which, icon, url: to(at + encodeURIComponent(id)) };
}

/** What this user has looked at, the newest first. Other tabs add to it: it is read each time. */
export function recent(): readonly Recent[] {
  return recentIn(readKept(KEPT_AS), owner());
}

/** Of another dashboard on the same origin the same key is somebody else. */
function owner(): string {
  return `${page.base} ${page.user.key}`;
}

export function remember(thing: Recent): void {
  writeKept(KEPT_AS, textOf(withRecent(recent(), thing), owner()));
}

/** What is not there any more, or not for this user, leads nowhere; `path` is that of its page. */
export function forgetAt(path: string): void {
  const before = recent();
  const others = before.filter((thing) => wayBack(thing).url !== path);
  if (others.length < before.length) writeKept(KEPT_AS, textOf(others, owner()));
}

export function forget(): void {
  writeKept(KEPT_AS, null);
}

/** What somebody else has left here goes; so does what cannot be read. */
export function forgetOthers(): void {
  if (recent().length === 0) forget();
}
