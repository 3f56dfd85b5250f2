/**
 * Edits as people write them, one a line, and as the API takes them.
 *
 *     /gateway = "eu-2"        put that value there
 *     /items/0/price = 12.5
 *     - /coupon                take that away
 *
 * A text that begins with `[` is a JSON Patch (RFC 6902) as it stands.
 */

export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

export type Read<T> = { readonly value: T } | { readonly wrong: string };

const PUT = /^(\/\S*)\s*=\s*(.+)$/;
const TAKE = /^-\s*(\/\S*)$/;

/** The operations of a text; empty text = none. */
export function patchIn(text: string): Read<readonly Operation[]> {
  if (text.trimStart().startsWith("[")) return jsonPatch(text);
  const operations: Operation[] = [];
  for (const [at, line] of linesOf(text)) {
    const [, path, value] = PUT.exec(line) ?? [];
    const [, taken] = TAKE.exec(line) ?? [];
    if (taken !== undefined) operations.push({ op: "remove", path: taken });
    else if (path === undefined || value === undefined) return { wrong: unread(at, line) };
    else {
      const read = jsonIn(value);
      if ("wrong" in read) return { wrong: `Line ${at}: ${read.wrong}` };
      operations.push({ op: "add", path, value: read.value });
    }
  }
  return { value: operations };
}

/** Values by name, `amount = 12` a line. */
export function valuesIn(text: string): Read<Readonly<Record<string, unknown>>> {
  const values = new Map<string, unknown>();
  for (const [at, line] of linesOf(text)) {
    const [, name, value] = /^([A-Za-z_]\w*)\s*=\s*(.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      return { wrong: `Line ${at}: write name = value, the value as JSON.` };
    }
    const read = jsonIn(value);
    if ("wrong" in read) return { wrong: `Line ${at}: ${read.wrong}` };
    values.set(name, read.value);
  }
  return { value: Object.fromEntries(values) };
}

/** One JSON value. */
export function jsonIn(text: string): Read<unknown> {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { wrong: `${text.trim()} is no JSON; a text stands in double quotes.` };
  }
}

function jsonPatch(text: string): Read<readonly Operation[]> {
  const read = jsonIn(text);
  if ("wrong" in read) return { wrong: "This is no JSON." };
  const all: unknown[] = Array.isArray(read.value) ? read.value : [];
  return all.every(isOperation)
    ? { value: all }
    : { wrong: "Each operation of a JSON Patch has an op and a path." };
}

function isOperation(value: unknown): value is Operation {
  return (
    typeof value === "object" &&
    value !== null &&
    "op" in value &&
    typeof value.op === "string" &&
    "path" in value &&
    typeof value.path === "string"
  );
}

function* linesOf(text: string): Generator<readonly [number, string]> {
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() !== "") yield [at + 1, line.trim()];
  }
}

function unread(at: number, line: string): string {
  return line.startsWith("/") || line.startsWith("-")
    ? `Line ${at}: write /path = value, or - /path.`
    : `Line ${at}: a path begins with a slash: /${line.split("=")[0]?.trim() ?? ""}.`;
}
