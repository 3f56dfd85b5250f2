/** The dry run: what would be done with each item, and what would take effect once more. */

import { useEffect, useState } from "preact/hooks";
import { api, got, type Problem, problemIn, type Told } from "../../http/ask";
import { Id } from "../../parts/copy";
import { DiffOf } from "../../parts/diff";
import { Loading } from "../../parts/empty";
import { Icon } from "../../parts/glyphs";
import { ProblemNote } from "../../parts/problem";
import { revivals } from "../../state/link";
import { to } from "../../state/page";
import type { Request } from "./request";

/** Somebody is still writing: ask when they have stopped. */
const PAUSE_MS = 300;
const SHOWN = 20;

export interface Checked {
  readonly plan: Told["PlanTold"] | null;
  readonly problem: Problem | null;
  /** When the plan was true, by this browser's clock, ms; null before there was one. */
  readonly asOf: number | null;
  readonly isAsking: boolean;
}

/** The plan of a request, asked for again whenever it is another one. */
export function usePlan(selection: string, request: Request): Checked {
  const isWrong = Object.keys(request.wrong).length > 0;
  const body = JSON.stringify({
    selection_id: selection,
    mode: request.mode,
    options: request.options,
  });
  const [state, set] = useState<Checked>({
    ...{ plan: null, problem: null, asOf: null },
    isAsking: true,
  });
  const wake = revivals.value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was tried before the link was lost is tried again
  useEffect(() => {
    if (selection === "" || isWrong) return;
    const controller = new AbortController();
    set((was) => ({ ...was, isAsking: true }));
    const timer = setTimeout(async () => {
      try {
        const asked = { ...JSON.parse(body), after: "", limit: SHOWN };
        const { signal } = controller;
        const plan = await got(api.POST("/replays/plan", { body: asked, signal }));
        set({ plan, problem: null, asOf: Date.now(), isAsking: false });
      } catch (error) {
        if (controller.signal.aborted) return;
        set({ plan: null, problem: problemIn(error), asOf: null, isAsking: false });
      }
    }, PAUSE_MS);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [selection, isWrong, body, wake]);
  return state;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["eligible", "will be replayed"],
  ["succeeded_since", "has succeeded since: left out"],
  ["invalid_edit", "does not fit after the edit: left out"],
  ["undone", "was undone: only a start from the beginning is possible"],
  ["definition_gone", "its definition is gone: left out"],
  ["not_open", "is not open any more: left out"],
  ["on_its_way", "is on its way already: waited for"],
]);

interface Props {
  readonly kind: string;
  readonly checked: Checked;
}

export function Check({ kind, checked }: Props) {
  const { plan, problem, isAsking } = checked;
  if (problem) return <ProblemNote problem={problem} />;
  if (!plan) return <Loading says="Trying it dry" />;
  return (
    <div class="dry-run" aria-busy={isAsking}>
      <ul class="dry-counts">
        {Object.entries(plan.counts).map(([word, count]) => (
          <li key={word} data-tone={word === "eligible" ? "good" : "retry"}>
            <Icon of={word === "eligible" ? "done" : "skipped"} />
            <strong>{count.toLocaleString("en")}</strong> {WORDS.get(word) ?? word}
          </li>
        ))}
      </ul>
      {plan.looked_at < plan.total && (
        <p class="faint">
          Of {plan.total.toLocaleString("en")}, {plan.looked_at.toLocaleString("en")} were looked
          at.
        </p>
      )}
      <Effects effects={plan.effects} />
      <Items kind={kind} items={plan.page.items} />
    </div>
  );
}

/** What is not undone by doing it twice. */
function Effects({ effects }: { effects: Told["EffectsTold"] }) {
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ["Runs again, and does not say that it is idempotent", effects.tasks],
    ["Unknown to this process", effects.unknown_tasks],
    ["Is published again", effects.emits],
    ["Is called again", effects.calls],
    ["Shows its new runs to people", effects.notifies],
  ];
  const told = lines.filter(([, names]) => names.length > 0);
  if (told.length === 0) return <p class="faint">Nothing takes effect twice that should not.</p>;
  return (
    <dl class="effects">
      {told.map(([title, names]) => (
        <div key={title}>
          <dt>
            <Icon of="warning" /> {title}
          </dt>
          <dd>
            {names.map((name) => (
              <code key={name}>{name}</code>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Items({ kind, items }: { kind: string; items: readonly Told["PlannedTold"][] }) {
  const place = { dead_letter: "dead/letters", run: "runs", event: "events" }[kind] ?? "runs";
  return (
    <details class="dry-items">
      <summary>The first {items.length}, one by one</summary>
      <ul>
        {items.map((item) => (
          <li key={item.object_id}>
            <Id id={item.object_id} href={to(`${place}/${item.object_id}`)} />
            <span>{WORDS.get(item.word) ?? item.word}</span>
            {item.why && <span class="faint">{item.why}</span>}
            {item.after !== null && item.after !== undefined && (
              <DiffOf was={textOf(item.before)} is={textOf(item.after)} />
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

function textOf(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}
