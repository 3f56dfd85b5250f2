/** One row of a table, and the row of its titles. */

import { Icon } from "./glyphs";
import type { TableProps } from "./table";

/** Where a row stands. */
export interface Line {
  /** Its number, from 0. */
  readonly at: number;
  /** From the top of all rows, px. */
  readonly top: number;
  readonly height: number;
  /** It is the one that keys are about. */
  readonly isActive: boolean;
}

interface Common<T> extends TableProps<T> {
  /** The grid of its cells. */
  readonly tracks: string;
  readonly isCards: boolean;
}

export function HeadRow<T>({ columns, selection, rows, idOf, tracks, isCards }: Common<T>) {
  const chosen = selection?.size ? rows.shown.filter((row) => selection.has(idOf(row))).length : 0;
  return (
    <div class="table-head" role="rowgroup">
      <div
        class="table-row"
        role="row"
        aria-rowindex={1}
        style={isCards ? undefined : { gridTemplateColumns: tracks }}
      >
        {selection && (
          <div role="columnheader" class="cell cell-check">
            <input
              type="checkbox"
              aria-label="Select all that are shown"
              checked={chosen > 0 && chosen === rows.shown.length}
              indeterminate={chosen > 0 && chosen < rows.shown.length}
              onChange={() => selection.toggleAll(rows.shown.map(idOf))}
            />
          </div>
        )}
        {columns.map(({ key, title, align }) => (
          <div key={key} role="columnheader" class="cell" data-align={align}>
            {title}
          </div>
        ))}
      </div>
    </div>
  );
}

type OfEach =
  | "idOf"
  | "hrefOf"
  | "nameOf"
  | "selection"
  | "columns"
  | "card"
  | "tracks"
  | "isCards";

interface RowProps<T> extends Pick<Common<T>, OfEach> {
  readonly row: T;
  readonly line: Line;
}

export function Row<T>(props: RowProps<T>) {
  const { row, line, idOf, hrefOf, nameOf, selection, columns, card, isCards } = props;
  const id = idOf(row);
  const href = hrefOf?.(row);
  const isChosen = selection?.has(id) ?? false;
  const name = columns.find(({ isName }) => isName) ?? columns[0];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the table listens for keys
    <div
      class="table-row"
      role="row"
      data-at={line.at}
      data-id={id}
      aria-rowindex={line.at + 2}
      aria-selected={selection ? isChosen : undefined}
      tabIndex={line.isActive ? 0 : -1}
      style={{
        height: `${line.height}px`,
        // Not its place in the layout: with one row all others would be placed again.
        transform: `translateY(${line.top}px)`,
        gridTemplateColumns: isCards ? "" : props.tracks,
      }}
      onClick={followed}
    >
      {selection && (
        <div role="gridcell" class="cell cell-check">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select ${nameOf?.(row) ?? id}`}
            checked={isChosen}
            onChange={() => selection.toggle(id)}
          />
        </div>
      )}
      {isCards && card ? (
        <div role="gridcell" class="cell card">
          {card(row)}
        </div>
      ) : (
        columns.map(({ key, cell, align }) => (
          <div key={key} role="gridcell" class="cell" data-align={align} data-column={key}>
            {key === name?.key && href ? (
              <a class="row-link" href={href} tabIndex={-1}>
                {cell(row)}
              </a>
            ) : (
              cell(row)
            )}
          </div>
        ))
      )}
      {isCards && card && href && (
        <div role="gridcell" class="cell cell-go">
          <a class="row-link" href={href} tabIndex={-1} aria-label={`Open ${nameOf?.(row) ?? id}`}>
            <Icon of="right" />
          </a>
        </div>
      )}
    </div>
  );
}

/** A click anywhere in the row is one upon its link, but for what has a meaning of its own. */
function followed(event: MouseEvent & { currentTarget: HTMLElement }): void {
  const { target, currentTarget } = event;
  if (!(target instanceof Element) || target.closest("a, button, input, label")) return;
  if (getSelection()?.toString()) return;
  const link = currentTarget.querySelector<HTMLAnchorElement>("a.row-link");
  link?.dispatchEvent(new MouseEvent("click", event));
}
