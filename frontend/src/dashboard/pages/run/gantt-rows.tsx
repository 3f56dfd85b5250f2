/** The rows of the picture of time, and those of a loop's items, a page at a time. */

import { useEffect, useState } from "preact/hooks";
import { api, got, type Problem, problemIn, type Told } from "../../http/ask";
import { Icon } from "../../parts/glyphs";
import { ProblemNote } from "../../parts/problem";
import { type Bar, endOf, heard, inWords, type Segment } from "./bars";
import type { Scale } from "./scale";

interface RowProps {
  readonly bar: Bar;
  readonly scale: Scale;
  readonly now: number;
  readonly isChosen?: boolean;
  readonly isItem?: boolean;
  /** None: there is nothing more to be seen of it. */
  readonly onChoose?: () => void;
}

export function Row({ bar, scale, now, isChosen = false, isItem = false, onChoose }: RowProps) {
  const name = isItem ? `${bar.item} ${bar.title}` : bar.title;
  const inside = (
    <>
      <span class="gantt-name" title={name}>
        {name}
      </span>
      <span class="gantt-track">
        {bar.segments.map((segment) => (
          <Stretch key={`${segment.kind} ${segment.begin}`} {...{ segment, scale, now }} />
        ))}
      </span>
    </>
  );
  return (
    <li class="gantt-row" data-item={isItem || undefined}>
      {onChoose ? (
        <button
          type="button"
          class="gantt-bar"
          aria-label={heard({ ...bar, title: name }, now)}
          aria-current={isChosen ? "step" : undefined}
          onClick={onChoose}
        >
          {inside}
        </button>
      ) : (
        <div class="gantt-bar" role="img" aria-label={heard(bar, now)}>
          {inside}
        </div>
      )}
    </li>
  );
}

function Stretch({ segment, scale, now }: { segment: Segment; scale: Scale; now: number }) {
  const from = scale.at(Date.parse(segment.begin));
  const to = scale.at(endOf(segment, now));
  return (
    <span
      class="stretch"
      data-kind={segment.kind}
      data-result={segment.result || undefined}
      title={inWords(segment, now)}
      style={{ insetInlineStart: `${from * 100}%`, width: `${(to - from) * 100}%` }}
    />
  );
}

const PAGE = 50;

interface LoopProps {
  readonly runId: string;
  readonly step: string;
  readonly total: number;
  readonly scale: Scale;
  readonly now: number;
  readonly position: string;
  readonly onChoose: (item: string) => void;
}

/** The items of a loop: a line that opens them, and then so many as were asked for. */
export function LoopRows({ runId, step, total, scale, now, position, onChoose }: LoopProps) {
  const [pages, open] = useState(0);
  const { items, problem } = useItems(runId, step, pages, position);
  const rest = total - items.length;
  return (
    <>
      <li class="gantt-row" data-item>
        <button
          type="button"
          class="gantt-more"
          aria-expanded={pages > 0}
          onClick={() => open(pages > 0 ? 0 : 1)}
        >
          <Icon of={pages > 0 ? "chevron" : "right"} size={14} />
          {total.toLocaleString("en")} {total === 1 ? "item" : "items"}
        </button>
      </li>
      {pages > 0 &&
        items.map((bar) => (
          <Row
            key={bar.item}
            bar={bar}
            scale={scale}
            now={now}
            isItem
            onChoose={() => onChoose(bar.item)}
          />
        ))}
      {pages > 0 && problem && (
        <li>
          <ProblemNote problem={problem} />
        </li>
      )}
      {pages > 0 && rest > 0 && items.length > 0 && (
        <li class="gantt-row" data-item>
          <button type="button" class="gantt-more" onClick={() => open(pages + 1)}>
            {Math.min(PAGE, rest)} more of {rest.toLocaleString("en")}
          </button>
        </li>
      )}
    </>
  );
}

interface Items {
  readonly items: readonly Bar[];
  readonly problem: Problem | null;
}

/** The first so many pages of items, asked for again when the run has moved on. */
function useItems(runId: string, step: string, pages: number, position: string): Items {
  const [found, set] = useState<Items>({ items: [], problem: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another position is the reason to ask
  useEffect(() => {
    if (pages === 0) {
      set({ items: [], problem: null });
      return;
    }
    const controller = new AbortController();
    const read = async () => {
      const items: Bar[] = [];
      try {
        let after: string | null = "";
        for (let page = 0; page < pages && after !== null; page += 1) {
          const query: { after: string; limit: number } = { after, limit: PAGE };
          const params = { path: { run_id: runId, step }, query };
          const told: Told["Page_BarTold_"] = await got(
            api.GET("/runs/{run_id}/timeline/{step}", { params, signal: controller.signal }),
          );
          items.push(...told.items);
          after = told.next;
        }
        set({ items, problem: null });
      } catch (error) {
        if (!controller.signal.aborted) set((was) => ({ ...was, problem: problemIn(error) }));
      }
    };
    read();
    return () => controller.abort();
  }, [runId, step, pages, position]);
  return found;
}

const SIGNS: readonly (readonly [string, string, string])[] = [
  ["queued", "", "waits for a worker"],
  ["running", "succeeded", "attempt that is done"],
  ["running", "failed", "attempt that failed"],
  ["running", "", "at work"],
  ["delay", "", "waits for its next try"],
  ["waiting", "", "waits for something else"],
];

/** What the signs mean. */
export function Tracks() {
  return (
    <ul class="gantt-signs">
      {SIGNS.map(([kind, result, says]) => (
        <li key={says}>
          <span class="stretch" data-kind={kind} data-result={result || undefined} />
          {says}
        </li>
      ))}
    </ul>
  );
}
