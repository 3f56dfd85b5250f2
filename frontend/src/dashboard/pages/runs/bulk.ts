/** Acts upon many runs: chosen one by one, or all that a filter found when it was frozen. */

import { api, got, keyed, type Told } from "../../http/ask";
import type { Act } from "../../parts/act";
import { to } from "../../state/page";

/** What an act is about. */
export type Choice =
  | { readonly kind: "rows"; readonly ids: readonly string[] }
  | { readonly kind: "frozen"; readonly selection: Told["SelectionTold"] };

/** Values of one key that a filter may have. */
export const ROWS_MAX = 100;
const AT_ONCE = 4;

export function countOf(choice: Choice): number {
  return choice.kind === "rows" ? choice.ids.length : choice.selection.count;
}

export function freeze(q: string): Promise<Told["SelectionTold"]> {
  return got(api.POST("/selections", { body: { kind: "run", q } }));
}

/** The selection of a choice: rows that were chosen one by one are frozen now. */
async function selectionOf(choice: Choice): Promise<string> {
  if (choice.kind === "frozen") return choice.selection.id;
  return (await freeze(`id:${choice.ids.join(",")}`)).id;
}

interface Doing {
  readonly choice: Choice;
  /** Something was done: what was chosen is no more. */
  readonly onDone: () => void;
  readonly route: (url: string) => void;
}

export function bulkActs({ choice, onDone, route }: Doing): readonly Act[] {
  const count = countOf(choice);
  const runs = count === 1 ? "this run" : `${count.toLocaleString("en")} runs`;
  const tooMany =
    choice.kind === "rows" && count > ROWS_MAX
      ? `At most ${ROWS_MAX} one by one; select all that match instead.`
      : "";
  return [
    {
      label: "Replay…",
      permission: "replay",
      whyNot: tooMany,
      title: `Replay ${runs}?`,
      says: `The next page asks how, and shows what each of them would do again. Nothing is sent before that.`,
      reason: "none",
      confirm: "Go on",
      run: async () => {
        const id = await selectionOf(choice);
        onDone();
        route(to("replays/new", { selection: id }));
        return "Frozen for a replay.";
      },
    },
    {
      label: "Cancel…",
      permission: "cancel_run",
      isDangerous: true,
      whyNot: tooMany,
      title: `Cancel ${runs}?`,
      says: "What runs is told to stop; what was done and can be undone is undone. Those that have ended stay as they are.",
      reason: "required",
      confirm: count === 1 ? "Cancel the run" : `Cancel ${runs}`,
      run: async ({ reason, key }) => {
        const done = await cancelAll(choice, reason, key);
        onDone();
        return `${done.toLocaleString("en")} told to stop.`;
      },
    },
  ];
}

/** Cancels them a few at a time; gives how many. The first refusal ends it: the same again goes on. */
async function cancelAll(choice: Choice, reason: string, key: string): Promise<number> {
  let count = 0;
  for await (const ids of pagesOf(choice)) {
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      await Promise.all(some.map((id) => cancel(id, reason, `${key} ${id}`)));
      count += some.length;
    }
  }
  return count;
}

export function cancel(id: string, reason: string, key: string): Promise<Told["Acted"]> {
  const params = { path: { run_id: id } };
  return got(api.POST("/runs/{run_id}/cancel", { params, body: { reason }, headers: keyed(key) }));
}

async function* pagesOf(choice: Choice): AsyncGenerator<readonly string[]> {
  if (choice.kind === "rows") {
    yield choice.ids;
    return;
  }
  const path = { selection_id: choice.selection.id };
  for (let after: string | null = ""; after !== null; ) {
    const query: { after: string; limit: number } = { after, limit: 200 };
    const page: Told["Page_ItemTold_"] = await got(
      api.GET("/selections/{selection_id}/items", { params: { path, query } }),
    );
    yield page.items.map(({ object_id }) => object_id);
    after = page.next;
  }
}
