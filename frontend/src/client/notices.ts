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
  switch (type) {
    case "item":
      return { ...inbox, items: placed(inbox.items, named<Notice>(inCamelCase(part)), "at") };
    case "gone":
      return { ...inbox, items: without(inbox.items, part["id"]) };
    case "counts":
      return checked({ ...inbox, ...part }, isInbox);
    default:
      return null;
  }
}

/** As many of a list as a page is told. */
const ROWS_MAX = 50;

/** The list with that row in it, in place of the one of its id; newest first. */
export function placed<
  N extends string,
  T extends { readonly id: string } & { readonly [K in N]: string | null },
>(rows: readonly T[], row: T, by: N): readonly T[] {
  return [row, ...without(rows, row.id)]
    .sort((a, b) => `${b[by]}`.localeCompare(`${a[by]}`))
    .slice(0, ROWS_MAX);
}

export function without<T extends { readonly id: string }>(rows: readonly T[], id: unknown): T[] {
  return rows.filter((row) => row.id !== id);
}

const isInbox = (value: unknown): value is Inbox =>
  isFields(value) && typeof value["unread"] === "number" && typeof value["unseen"] === "number";
