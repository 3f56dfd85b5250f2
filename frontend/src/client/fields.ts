/** Looking at what came in: `unknown` until one of these has said what it is. */

/** A frame that is none of this protocol. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

export type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: unknown, name: string): Fields {
  if (!isFields(value)) throw new FrameError(`${name} is no object`);
  return value;
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new FrameError(`${name} is no list`);
  return value;
}

export function textOf(value: unknown, name: string): string {
  if (typeof value !== "string") throw new FrameError(`${name} is no text`);
  return value;
}

export function numberOf(value: unknown, name: string): number {
  if (typeof value !== "number") throw new FrameError(`${name} is no number`);
  return value;
}

/** Null where there is none. */
export function optional<T>(
  value: unknown,
  parse: (value: unknown, name: string) => T,
  name: string,
): T | null {
  return value === null || value === undefined ? null : parse(value, name);
}

export function oneOf<T extends string>(value: unknown, known: readonly T[], name: string): T {
  const found = known.find((item) => item === value);
  if (found === undefined) throw new FrameError(`${name} is ${String(value)}`);
  return found;
}
