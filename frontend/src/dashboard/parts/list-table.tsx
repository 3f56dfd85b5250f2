/** A list of the API as a table: its rows page by page, and what stands there while there are none. */

import type { ComponentChildren } from "preact";
import type { Pages } from "../http/pages";
import type { Listed } from "../state/rows";
import { Loading } from "./empty";
import { Table, type TableProps } from "./table";

type OfTheList =
  | "rows"
  | "idOf"
  | "onMore"
  | "onRelease"
  | "onPause"
  | "empty"
  | keyof Listed<never>;

interface Props<T> extends Omit<TableProps<T>, OfTheList> {
  readonly list: Pages<T>;
  /** How its rows are told apart and ordered, as `usePages` was given it. */
  readonly listed: Listed<T>;
  /** In place of rows where the answer has none. */
  readonly empty: ComponentChildren;
}

export function ListTable<T>({ list, listed, empty, ...rest }: Props<T>) {
  return (
    <>
      {list.searched > 0 && <HowFar searched={list.searched} />}
      <Table
        {...rest}
        {...listed}
        rows={list.rows}
        onMore={list.more}
        onRelease={list.release}
        onPause={list.pause}
        empty={list.isNew ? <Loading /> : empty}
      />
    </>
  );
}

/** That the list is not all there is: what has no index is looked for in the newest. */
function HowFar({ searched }: { searched: number }) {
  return (
    <p class="faint" role="status">
      Only the newest {searched.toLocaleString("en")} were looked at; <code>until:</code> looks
      further back.
    </p>
  );
}
