/** The rows of a table that are in sight: all that is drawn anew while one scrolls. */

import type { RefObject, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { TableProps } from "./table";
import { type Line, Row } from "./table-row";
import { type Placed, useWindow } from "./table-window";

/** The end is near where so many rows are left. */
const NEAR = 20;

interface Props<T> extends TableProps<T> {
  /** The grid of its cells. */
  readonly tracks: string;
  readonly isCards: boolean;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly ids: readonly string[];
  /** Of each row, px. */
  readonly height: number;
  /** The number of the row that keys are about; -1 = none. */
  readonly active: number;
}

export function TableRows<T>(props: Props<T>) {
  const { rows, onMore, ids } = props;
  const view = useWindow(props);
  const end = view.placed.reduce((most, { at }) => Math.max(most, at), 0);
  // Of the layout: what waits for the frame to be over is a timer and a frame of its own in each.
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each end that comes in sight
  useLayoutEffect(() => {
    if (rows.next && end >= ids.length - NEAR) onMore?.();
  }, [end, rows.next]);
  return (
    <div class="table-rows" role="rowgroup" style={{ height: `${view.height}px` }}>
      {useDrawn(props, view.placed)}
    </div>
  );
}

/**
 * Draws rows, each anew only where something of it has changed: what is given a second time as the same
 * object is not looked at again. So a list that is scrolled costs what comes in sight.
 */
function useDrawn<T>(props: Props<T>, placed: readonly Placed[]): readonly VNode[] {
  const before = useRef(new Map<number, { readonly of: readonly unknown[]; node: VNode }>());
  const { idOf, columns, hrefOf, nameOf, selection, card, tracks, isCards, height, active } = props;
  // Nothing else: a row that stays as it is would hold on to the list as it was when it came.
  const common = { idOf, columns, hrefOf, nameOf, selection, card, tracks, isCards };
  const now: typeof before.current = new Map();
  const nodes = placed.flatMap(({ at, top, slot }) => {
    const row = props.rows.shown[at];
    if (row === undefined) return [];
    const isActive = at === active;
    const of = [
      ...[row, at, top, height, isActive],
      ...[columns, hrefOf, nameOf, selection, card, tracks, isCards],
    ];
    const known = before.current.get(slot);
    const line: Line = { at, top, height, isActive };
    const node = known?.of.every((each, n) => each === of[n]) ? (
      known.node
    ) : (
      <Row key={slot} {...common} row={row} line={line} />
    );
    now.set(slot, { of, node });
    return [node];
  });
  before.current = now;
  return nodes;
}
