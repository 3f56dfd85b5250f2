/**
 * Rows, however many: only those in sight are in the page, and none of them moves under the cursor.
 *
 * New rows wait behind "▲ 37 new" while the pointer or the focus is in the list or a row is chosen; see
 * `state/pause.ts`. On a telephone each row is a card. Keys: `j` `k` or the arrows, `Enter` opens, `x`
 * selects, `c` copies the id, `*` selects all that match, `p` pauses, `Shift+R` shows what waits.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isNarrow } from "../state/narrow";
import { isPaused, NO_REASON, pausedBecause, type Reasons } from "../state/pause";
import { density } from "../state/prefs";
import type { Rows } from "../state/rows";
import type { Selection } from "../state/selection";
import { useRowKeys } from "./row-keys";
import { HeadRow } from "./table-row";
import { TableRows } from "./table-rows";

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** A track of a grid: `9rem`, `minmax(8rem, 2fr)`. */
  readonly width: string;
  readonly align?: "end";
  /** This cell is the link to the row's own screen; without any, the first. */
  readonly isName?: boolean;
  /** No part in it keeps a state of its own: while one scrolls its node goes from row to row. */
  readonly cell: (row: T) => ComponentChildren;
}

export interface TableProps<T> {
  /** Of what: `Runs`. */
  readonly label: string;
  readonly rows: Rows<T>;
  readonly columns: readonly Column<T>[];
  readonly idOf: (row: T) => string;
  /** Where a row leads; its first cell has the link. */
  readonly hrefOf?: ((row: T) => string) | undefined;
  /** What a row is called where only its checkbox is read out. */
  readonly nameOf?: ((row: T) => string) | undefined;
  /** A row on a telephone; without it the cells stand below one another. */
  readonly card?: ((row: T) => ComponentChildren) | undefined;
  /** The height of a card, px. */
  readonly cardHeight?: number;
  /** Rows can be chosen. */
  readonly selection?: Selection | undefined;
  /** The end of the list is in sight: the next page is wanted. */
  readonly onMore?: (() => void) | undefined;
  /** What waits is to be shown. */
  readonly onRelease?: (() => void) | undefined;
  /** The list stands still, or moves again: keep it, and give it to `refreshed`. */
  readonly onPause?: ((isPaused: boolean) => void) | undefined;
  /** `*` was pressed. */
  readonly onSelectMatching?: (() => void) | undefined;
  /** In place of the rows where there are none. */
  readonly empty?: ComponentChildren;
}

const HEIGHTS = { compact: 32, comfortable: 40 } as const;

export function Table<T>(props: TableProps<T>) {
  const { rows, idOf, selection } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [reasons, because] = useReasons(selection?.size ?? 0);
  const paused = isPaused(reasons);
  const { onPause, onRelease } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when it changes, whoever listens
  useEffect(() => onPause?.(paused), [paused]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when it moves again, what waits is shown
  useEffect(() => {
    if (!paused) onRelease?.();
  }, [paused]);

  const isCards = isNarrow.value;
  const height = isCards ? (props.cardHeight ?? 96) : HEIGHTS[density.value];
  const { shown } = rows;
  // biome-ignore lint/correctness/useExhaustiveDependencies: how an id is read does not change
  const ids = useMemo(() => shown.map(idOf), [shown]);
  const keys = useRowKeys({
    ids,
    pageSize: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / height) - 1),
    open: (at) =>
      scroller.current?.querySelector<HTMLAnchorElement>(`[data-at="${at}"] a`)?.click(),
    toggle: (id) => selection?.toggle(id),
    release: () => onRelease?.(),
    pause: () => because({ asked: !reasons.asked }),
    selectMatching: () => props.onSelectMatching?.(),
    isChoosable: selection !== undefined,
  });
  const { focus } = keys;
  useEffect(() => focus(scroller.current), [focus]);

  const tracks = [selection ? "2rem" : "", ...props.columns.map(({ width }) => width)].join(" ");
  const news = <NewRows rows={rows} why={pausedBecause(reasons)} onRelease={onRelease} />;
  if (shown.length === 0) {
    return (
      <div class="table">
        {news}
        {props.empty}
      </div>
    );
  }
  return (
    <div class="table" data-cards={isCards || null} data-paused={paused || null}>
      {news}
      <div
        class="table-scroll"
        ref={scroller}
        role="grid"
        aria-label={props.label}
        aria-rowcount={rows.next ? -1 : shown.length + 1}
        aria-multiselectable={selection !== undefined}
        tabIndex={-1}
        onPointerEnter={({ pointerType }) => because({ pointer: pointerType !== "touch" })}
        onPointerLeave={() => because({ pointer: false })}
        onFocusCapture={({ target }) => {
          because({ focus: true });
          keys.onFocus(target);
        }}
        onBlurCapture={({ relatedTarget }) =>
          because({
            focus: relatedTarget instanceof Node && !!scroller.current?.contains(relatedTarget),
          })
        }
        onKeyDown={keys.onKeyDown}
      >
        <HeadRow {...props} tracks={tracks} isCards={isCards} />
        <TableRows
          {...props}
          tracks={tracks}
          isCards={isCards}
          scroller={scroller}
          ids={ids}
          height={height}
          active={keys.at}
        />
      </div>
    </div>
  );
}

/** Why the list stands still, and what changes that. */
function useReasons(chosen: number): [Reasons, (change: Partial<Reasons>) => void] {
  const [reasons, set] = useState<Reasons>(NO_REASON);
  return [{ ...reasons, chosen }, (change) => set((was) => ({ ...was, ...change }))];
}

interface NewProps {
  readonly rows: Rows<unknown>;
  readonly why: string;
  readonly onRelease: (() => void) | undefined;
}

/** "▲ 37 new"; it has its place before there are any, so that nothing moves when they come. */
function NewRows({ rows, why, onRelease }: NewProps) {
  const count = rows.waiting.length;
  return (
    <div class="table-news">
      {count > 0 && (
        <button type="button" class="news" onClick={onRelease}>
          ▲ {count}
          {rows.gap !== null && "+"} new
        </button>
      )}
      {why && <span class="faint">{why}</span>}
      {rows.shown.length > 0 && (
        <span class="faint table-count">
          {rows.shown.length.toLocaleString("en")}
          {rows.next !== null && "+"} {rows.shown.length === 1 ? "row" : "rows"}
        </span>
      )}
    </div>
  );
}
