/** Acts upon many runs: chosen one by one, or all that a filter found when it was frozen. */

import { api, got, keyed, type Told } from "../../http/ask";
import type { Act, Given } from "../../parts/act";
import { to } from "../../state/page";

/** What an act is about. */
export type Choice =
  | { readonly kind: "rows"; readonly ids: readonly string[] }
  | { readonly kind: "frozen"; readonly selection: Told["SelectionTold"] };

/** What the server takes by ids. */
const IDS_MAX = 1_000;

export function countOf(choice: Choice): number {
  return choice.kind === "rows" ? choice.ids.length : choice.selection.count;
}

export function freeze(q: string): Promise<Told["SelectionTold"]> {
  return got(api.POST("/selections", { body: { kind: "run", q } }));
}

/** The selection of a choice: rows that were chosen one by one are frozen now. */
async function selectionOf(choice: Choice): Promise<string> {
  if (choice.kind === "frozen") return choice.selection.id;
  const ids = [...choice.ids];
  return (await got(api.POST("/selections", { body: { kind: "run", q: "", ids } }))).id;
}

interface Doing {
  readonly choice: Choice;
  /** Something was done, or has begun, of which there is more to say: what was chosen is no more. */
  readonly onDone: (begun?: Told["ReplayTold"]) => void;
  readonly route: (url: string) => void;
}

export function bulkActs({ choice, onDone, route }: Doing): readonly Act[] {
  const count = countOf(choice);
  const runs = count === 1 ? "this run" : `${count.toLocaleString("en")} runs`;
  const whyNot =
    choice.kind === "rows" && count > IDS_MAX
      ? `At most ${IDS_MAX.toLocaleString("en")} one by one; select all that match instead.`
      : "";
  /** Begins the act on the server; what is more than a page has a page of its own to be watched on. */
  const tell = (path: TellPath) => async (given: Given) => {
    const id = await given.once(() => selectionOf(choice));
    const begun = await told(path, id, given);
    onDone(begun);
    if (begun.ended_at === null) route(to(`replays/${begun.id}`));
    return begun.verdict || `${begun.total.toLocaleString("en")} runs: it has begun.`;
  };
  return [
    {
      label: "Replay…",
      permission: "replay",
      whyNot,
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
      whyNot,
      title: `Cancel ${runs}?`,
      says: "What runs is told to stop; what was done and can be undone is undone. Those that have ended stay as they are.",
      reason: "required",
      confirm: `Cancel ${runs}`,
      run: tell("/selections/{selection_id}/cancel"),
    },
    {
      label: "Hold…",
      permission: "hold_run",
      whyNot,
      title: `Hold ${runs}?`,
      says: "No further step of their lines begins until they are released. What has begun goes on to its end.",
      reason: "required",
      confirm: `Hold ${runs}`,
      run: tell("/selections/{selection_id}/hold"),
    },
    {
      label: "Release…",
      permission: "hold_run",
      whyNot,
      title: `Release ${runs}?`,
      says: "Those that somebody holds go on. Those that are held for a failure stay: replay them.",
      reason: "required",
      confirm: `Release ${runs}`,
      run: tell("/selections/{selection_id}/release"),
    },
  ];
}

type TellPath =
  | "/selections/{selection_id}/cancel"
  | "/selections/{selection_id}/hold"
  | "/selections/{selection_id}/release";

function told(path: TellPath, id: string, { reason, key }: Given): Promise<Told["ReplayTold"]> {
  const params = { path: { selection_id: id }, header: keyed(key) };
  return got(api.POST(path, { params, body: { reason } }));
}
