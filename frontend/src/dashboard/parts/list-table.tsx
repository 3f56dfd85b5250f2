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
    <Table
      {...rest}
      {...listed}
      rows={list.rows}
      onMore={list.more}
      onRelease={list.release}
      onPause={list.pause}
      empty={list.isNew ? <Loading /> : empty}
    />
  );
}
