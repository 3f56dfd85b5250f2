/** Looking at what came in: `unknown` until one of these has said what it is. snake_case stops here. */

import { FlowError } from "./live";

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object with a text of that name. */
export function hasText(value: unknown, name: string): value is Fields {
  return isFields(value) && typeof value[name] === "string";
}

/** The objects of a list; none where there is no list. */
export function fieldsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** The same with the names of all members in camelCase, at any depth. */
export function inCamelCase(value: Fields): Fields {
  const turned = (member: unknown): unknown =>
    Array.isArray(member) ? member.map(turned) : isFields(member) ? inCamelCase(member) : member;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      turned(member),
    ]),
  );
}

/** The value, if it is one; throws `FlowError`: what else came is none of this protocol. */
export function checked<T>(value: unknown, is: (value: unknown) => value is T): T {
  if (is(value)) return value;
  throw new FlowError("protocol");
}

/** The object, if it has an id; what else it has is the server's word. */
export function named<T extends { readonly id: string }>(value: Fields): T {
  return checked(value, (found): found is T & Fields => hasText(found, "id"));
}
