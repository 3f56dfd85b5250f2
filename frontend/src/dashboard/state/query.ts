/**
 * The text of a filter, as people write it (`docs/reference/queries.md`): what stands in it, and what
 * may stand where the cursor is. What it means is the server's to say.
 */

export type KindOfThing = "run" | "event" | "dead_letter";

/** The keys of each kind; those with values know all that there can be. */
export const KEYS: Readonly<Record<KindOfThing, Readonly<Record<string, readonly string[]>>>> = {
  run: {
    state: [
      ...["queued", "running", "waiting", "held", "cancelling", "compensating"],
      ...["succeeded", "failed", "cancelled", "expired"],
    ],
    workflow: [],
    since: ["15m", "1h", "24h", "7d"],
    until: [],
    label: [],
    actor: [],
    digest: [],
    event: [],
    parent: [],
    replay_of: [],
    id: [],
  },
  event: {
    state: ["pending", "published", "routed", "dead"],
    type: [],
    since: ["15m", "1h", "24h", "7d"],
    until: [],
    source: [],
    subject: [],
    actor: [],
    key: [],
    target: [],
    correlation: [],
    id: [],
  },
  dead_letter: {
    state: ["open", "replaying", "resolved", "discarded"],
    kind: [
      ...["unreadable", "unknown event", "bad event", "bad input", "overflow"],
      ...["failed run", "failed undo", "failed hook", "needs review", "undelivered"],
    ],
    since: ["15m", "1h", "24h", "7d"],
    until: [],
    group: [],
    code: [],
    workflow: [],
    digest: [],
    step: [],
    event: [],
    source: [],
    version: [],
    worker: [],
    run: [],
    replay: [],
    id: [],
  },
};

/** One word of a filter. */
export interface Word {
  /** Empty: a word that is looked for in texts. */
  readonly key: string;
  readonly values: readonly string[];
  /** Where it stands in the text. */
  readonly start: number;
  readonly end: number;
}

const WORD = /(?:([A-Za-z_]+):)?((?:"(?:[^"\\]|\\.)*"?|[^\s",]+|,)*)/y;
const VALUE = /"((?:[^"\\]|\\.)*)"?|([^",]+)/g;

/** The words of `text`, in order. */
export function words(text: string): Word[] {
  const found: Word[] = [];
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] ?? "")) {
      at += 1;
      continue;
    }
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    const end = match?.[0] ? at + match[0].length : at + 1;
    found.push({
      key: match?.[1] ?? "",
      values: [...(match?.[2] ?? "").matchAll(VALUE)].map(
        ([, quoted, plain]) => quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "",
      ),
      start: at,
      end,
    });
    at = end;
  }
  return found;
}

/** A value as it stands in a filter: in quotes where it must. */
export function quoted(value: string): string {
  return /[\s",]/.test(value) || value === "" ? `"${value.replace(/["\\]/g, "\\$&")}"` : value;
}

/** `text` without that word. */
export function without(text: string, { start, end }: Word): string {
  return `${text.slice(0, start).trimEnd()} ${text.slice(end).trimStart()}`.trim();
}

/** `text` with that key at those values, and at no others; no values: without the key. */
export function withKey(text: string, key: string, values: readonly string[]): string {
  const rest = words(text)
    .filter((word) => word.key === key)
    .reduceRight(without, text)
    .trim();
  const word = values.length > 0 ? `${key}:${values.map(quoted).join(",")}` : "";
  return [word, rest].filter((part) => part !== "").join(" ");
}

/** Something that may be put in. */
export interface Suggestion {
  /** As it is shown. */
  readonly says: string;
  /** The whole text with it. */
  readonly text: string;
  /** Where the cursor is then. */
  readonly caret: number;
}

const SUGGESTIONS_MAX = 8;

/**
 * What may stand where the cursor is: keys, or values of the key that is being written. `values` are
 * those that the project has: `{ workflow: ["order", "signup"] }`.
 */
export function suggestions(
  kind: KindOfThing,
  text: string,
  caret: number,
  values: Readonly<Record<string, readonly string[]>> = {},
): Suggestion[] {
  const before = /\S*$/.exec(text.slice(0, caret))?.[0] ?? "";
  const after = /^\S*/.exec(text.slice(caret))?.[0] ?? "";
  const start = caret - before.length;
  const put = (word: string, says: string, space: string): Suggestion => {
    const head = text.slice(0, start) + word + space;
    return { says, text: head + text.slice(caret + after.length).trimStart(), caret: head.length };
  };
  const [, key, begun] = /^([A-Za-z_]+):(.*)$/.exec(before) ?? [];
  if (key === undefined || begun === undefined) {
    return Object.keys(KEYS[kind])
      .filter((each) => each.startsWith(before.toLowerCase()))
      .slice(0, SUGGESTIONS_MAX)
      .map((each) => put(`${each}:`, `${each}:`, ""));
  }
  const given = begun.split(",");
  const last = (given.at(-1) ?? "").replace(/^"/, "").toLowerCase();
  const kept = given.slice(0, -1);
  return [...(values[key] ?? []), ...(KEYS[kind][key] ?? [])]
    .filter((each) => each.toLowerCase().includes(last) && !kept.includes(quoted(each)))
    .slice(0, SUGGESTIONS_MAX)
    .map((each) => put(`${key}:${[...kept, quoted(each)].join(",")}`, each, " "));
}
