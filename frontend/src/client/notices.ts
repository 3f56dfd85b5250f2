/** A user's inbox, as values, and what its entries do to it. */

import { checked, type Fields, fieldsIn, inCamelCase, isFields, named } from "./fields";

export interface Notice {
  readonly id: string;
  /** `run.succeeded`, `run.failed`, `approval`, `message`, … */
  readonly kind: string;
  readonly title: string;
  readonly text: string;
  /** Our own sentence by its name, to be said in the page's language instead of `text`. */
  readonly say: { readonly name: string; readonly step?: string } | null;
  readonly url: string;
  readonly run: string | null;
  readonly tone: "info" | "success" | "warning" | "failure";
  /** ISO 8601. */
  readonly at: string;
  readonly seen: boolean;
  readonly read: boolean;
  readonly archived: boolean;
  readonly snoozedUntil: string | null;
}

/** The newest items, and how many of all there are: of one moment. */
export interface Inbox {
  readonly items: readonly Notice[];
  readonly unread: number;
  readonly unseen: number;
}

export const readInbox = (value: Fields): Inbox =>
  checked({ ...value, items: fieldsIn(value["items"]).map(inCamelCase) }, isInbox);

/** The inbox after an entry; null where the entry is not known. */
export function inboxAfter(inbox: Inbox, type: unknown, part: Fields): Inbox | null {
  if (type === "counts") return checked({ ...inbox, ...part }, isInbox);
  const items = listAfter(inbox.items, type, part, "at");
  return items && { ...inbox, items };
}

/** As many of a list as a page is told. */
const ROWS_MAX = 50;

/**
 * The list with a row put in, in place of the one of its id, or with one taken out; the newest first. Null
 * where the entry is not known.
 */
export function listAfter<
  N extends string,
  T extends { readonly id: string } & { readonly [K in N]: string | null },
>(rows: readonly T[], type: unknown, part: Fields, by: N): readonly T[] | null {
  const others = rows.filter((row) => row.id !== part["id"]);
  if (type === "gone") return others;
  if (type !== "row" && type !== "item") return null;
  return [named<T>(inCamelCase(part)), ...others]
    .sort((a, b) => `${b[by]}`.localeCompare(`${a[by]}`))
    .slice(0, ROWS_MAX);
}

const isInbox = (value: unknown): value is Inbox =>
  isFields(value) && typeof value["unread"] === "number" && typeof value["unseen"] === "number";
