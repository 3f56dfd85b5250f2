/** Runs as rows of a list: what the API and the topic tell of each, alike. */

import { type Fields, fieldsIn, hasText } from "../../../client/fields";
import type { Kind } from "../../../client/kinds";
import { api, got, type Told } from "../../http/ask";
import { topics } from "../../state/live";
import type { Listed, Page } from "../../state/rows";

export type RunRow = Told["ListedRunTold"];

export const RUNS: Listed<RunRow> = {
  idOf: ({ id }) => id,
  orderOf: ({ created_at, id }) => `${created_at} ${id}`,
};

const PAGE = 50;
/** Characters of a topic's name. */
const TOPIC_MAX = 256;

/** A page of what the filter finds. */
export async function runsPage(
  q: string,
  after: string,
  signal: AbortSignal,
): Promise<Page<RunRow>> {
  return got(api.GET("/runs", { params: { query: { q, after, limit: PAGE } }, signal }));
}

/** The first page, as its topic tells it: where the next one begins it does not say. */
const WINDOW: Kind<Page<RunRow>> = {
  read: (state) => ({
    items: fieldsIn(state["rows"]).filter(isRun),
    next: state["more"] ? "" : null,
  }),
  after(page, type, part) {
    switch (type) {
      case "row":
        return isRun(part) ? { ...page, items: placed(page.items, part) } : null;
      case "gone":
        return { ...page, items: page.items.filter(({ id }) => id !== part["id"]) };
      case "more":
        return { ...page, next: part["more"] ? "" : null };
      default:
        return null;
    }
  },
};

const windows = topics(WINDOW);

/** The topic of what the filter finds; null where the filter is too long for one. */
export function runsTopic(q: string): ReturnType<typeof windows> | null {
  const name = `runs:query:${q}`;
  return name.length <= TOPIC_MAX ? windows(name) : null;
}

/** With the row in place of the one of its id, the newest first. */
function placed(rows: readonly RunRow[], row: RunRow): RunRow[] {
  const known = rows.findIndex(({ id }) => id === row.id);
  // When a run was made does not change: it stays where it is.
  if (known >= 0 && rows[known]?.created_at === row.created_at) return rows.with(known, row);
  const place = RUNS.orderOf?.(row) ?? "";
  const others = rows.filter(({ id }) => id !== row.id);
  const at = others.findIndex((other) => (RUNS.orderOf?.(other) ?? "") < place);
  return at < 0 ? [...others, row] : others.toSpliced(at, 0, row);
}

function isRun(value: Fields): value is Fields & RunRow {
  return hasText(value, "id") && hasText(value, "state") && hasText(value, "created_at");
}
