/**
 * JSON as somebody types it: where it is broken, and where in the text the value of a path stands.
 *
 * The browsers' own messages have places in three forms, or in none; so the text is read here once more.
 */

export interface TextPlace {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

export type Read =
  | { readonly kind: "json"; readonly value: unknown; readonly places: ReadonlyMap<string, number> }
  | { readonly kind: "broken"; readonly says: string; readonly at: TextPlace };

const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON's texts must not have them
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])|$)/y;
const DEPTH_MAX = 200;

class Broken extends Error {
  readonly at: number;

  constructor(says: string, at: number) {
    super(says);
    this.at = at;
  }
}

interface Token {
  /** A sign, `string`, `word`, or empty at the end. */
  readonly kind: string;
  readonly text: string;
  readonly at: number;
}

/** The value, with the place of each path (`$.items[0].price`) in the text; or what breaks it, and where. */
export function readJson(text: string): Read {
  const places = new Map<string, number>();
  const reader = new Reader(text, places);
  try {
    reader.whole();
    return { kind: "json", value: JSON.parse(text), places };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { kind: "broken", says: error.message, at: placeAt(text, error.at) };
  }
}

class Reader {
  readonly #text: string;
  readonly #places: Map<string, number>;
  #at = 0;

  constructor(text: string, places: Map<string, number>) {
    this.#text = text;
    this.#places = places;
  }

  whole(): void {
    this.#value(this.#next(), "$", 0);
    const rest = this.#next();
    if (rest.kind) throw new Broken("there is more after the end", rest.at);
  }

  #next(): Token {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (!match) {
      const at = this.#at + (/^[\t\n\r ]*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0);
      throw new Broken(`${shown(this.#text.slice(at))} is no JSON`, at);
    }
    this.#at = TOKEN.lastIndex;
    const [, sign, string, word] = match;
    const text = sign ?? string ?? word ?? "";
    const kind = sign ?? (string === undefined ? (word === undefined ? "" : "word") : "string");
    return { kind, text, at: this.#at - text.length };
  }

  #value(token: Token, path: string, depth: number): void {
    this.#places.set(path, token.at);
    if (token.kind === "string" || token.kind === "word") return;
    if (depth >= DEPTH_MAX) throw new Broken("it is too deep", token.at);
    if (token.kind === "{") this.#members(path, depth);
    else if (token.kind === "[") this.#items(path, depth);
    else throw new Broken(missing("a value", token), token.at);
  }

  #members(path: string, depth: number): void {
    for (let token = this.#next(), isFirst = true; ; token = this.#next(), isFirst = false) {
      if (token.kind === "}" && isFirst) return;
      if (token.kind !== "string") throw new Broken(missing('a name in "…"', token), token.at);
      const colon = this.#next();
      if (colon.kind !== ":") throw new Broken(missing("a colon", colon), colon.at);
      this.#value(this.#next(), `${path}.${JSON.parse(token.text)}`, depth + 1);
      const after = this.#next();
      if (after.kind === "}") return;
      if (after.kind !== ",") throw new Broken(missing("a comma or }", after), after.at);
    }
  }

  #items(path: string, depth: number): void {
    for (let token = this.#next(), n = 0; ; token = this.#next(), n++) {
      if (token.kind === "]" && n === 0) return;
      this.#value(token, `${path}[${n}]`, depth + 1);
      const after = this.#next();
      if (after.kind === "]") return;
      if (after.kind !== ",") throw new Broken(missing("a comma or ]", after), after.at);
    }
  }
}

function missing(what: string, { kind, text }: Token): string {
  return `${what} is missing ${kind === "" ? "at the end" : `before ${shown(text)}`}`;
}

function shown(text: string): string {
  const word = /^\S{0,20}/.exec(text)?.[0] ?? "";
  return word === "" ? "this" : word;
}

export function placeAt(text: string, at: number): TextPlace {
  const before = text.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - start + 1 };
}

/** Where the value of a path stands, or what is nearest around it; undefined: there is no such text. */
export function placeOf(text: string, path: string): TextPlace | undefined {
  const read = readJson(text);
  if (read.kind === "broken") return undefined;
  for (let part = path; part !== ""; part = part.replace(/(?:\.[^.[\]]*|\[\d+\]|^\$)$/, "")) {
    const at = read.places.get(part);
    if (at !== undefined) return placeAt(text, at);
    if (part === "$") break;
    if (!/(?:\.[^.[\]]*|\[\d+\])$/.test(part)) break;
  }
  return undefined;
}
