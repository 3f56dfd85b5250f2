/** The keys of a list: which row they are about, and what they do with it. */

import { useCallback, useRef, useState } from "preact/hooks";
import { useKeys } from "../state/keys";
import { copy } from "./copy";

interface Given {
  readonly ids: readonly string[];
  /** Rows that `PageDown` goes. */
  readonly pageSize: () => number;
  readonly open: (at: number) => void;
  readonly toggle: (id: string) => void;
  readonly release: () => void;
  readonly pause: () => void;
  readonly selectMatching: () => void;
  readonly isChoosable: boolean;
}

/** Where a key leads from `at`; null for other keys. */
export function moved(key: string, at: number, count: number, pageSize: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    j: at + 1,
    ArrowUp: at - 1,
    k: at - 1,
    PageDown: at + pageSize,
    PageUp: at - pageSize,
    Home: 0,
    End: count - 1,
  };
  const next = steps[key];
  return next === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, next));
}

export function useRowKeys(given: Given) {
  const { ids } = given;
  // The row is kept by its id: where rows come in above it, it is the same one all along.
  const [active, setActive] = useState<string | null>(null);
  const wantsFocus = useRef(false);
  const found = active === null ? -1 : ids.indexOf(active);
  const at = found >= 0 ? found : ids.length > 0 ? 0 : -1;

  const go = (to: number | null) => {
    const id = to === null ? undefined : ids[to];
    if (id === undefined) return;
    wantsFocus.current = true;
    setActive(id);
  };
  /** After the row was painted: give it the focus, and bring it into sight. */
  const focus = useCallback(
    (scroller: HTMLElement | null) => {
      if (!wantsFocus.current || active === null) return;
      const row = scroller?.querySelector<HTMLElement>(`[data-id="${CSS.escape(active)}"]`);
      if (!row) return;
      wantsFocus.current = false;
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
    },
    [active],
  );

  const idHere = ids[at] ?? null;
  const onRow = (event: KeyboardEvent): boolean => {
    if (idHere === null || event.ctrlKey || event.metaKey || event.altKey) return false;
    switch (event.key) {
      case "Enter":
        given.open(at);
        return true;
      case "x":
      case " ":
        if (given.isChoosable) given.toggle(idHere);
        return given.isChoosable;
      case "c":
        copy(idHere, "The id");
        return true;
      default: {
        const to = moved(event.key, at, ids.length, given.pageSize());
        go(to);
        return to !== null;
      }
    }
  };
  useKeys([
    {
      keys: "j",
      says: "Next row",
      run: () => go(moved("j", active === null ? -1 : at, ids.length, 1)),
    },
    { keys: "k", says: "Row before", run: () => go(moved("k", at, ids.length, 1)) },
    { keys: "p", says: "Pause the list, or let it go on", run: given.pause },
    { keys: "Shift+R", says: "Show the rows that wait", run: given.release },
    ...(given.isChoosable
      ? [{ keys: "*", says: "Select all that match", run: given.selectMatching }]
      : []),
  ]);

  return {
    at,
    focus,
    /** The focus has come to a row, or into it: it is the one that keys are about, and it stays in the page. */
    onFocus(target: EventTarget | null) {
      const row = target instanceof Element ? target.closest<HTMLElement>("[data-id]") : null;
      if (row?.dataset["id"]) setActive(row.dataset["id"]);
    },
    onKeyDown(event: KeyboardEvent) {
      const { target } = event;
      // A key upon a control inside a row is the control's.
      if (!(target instanceof HTMLElement) || !target.matches("[role=row]")) return;
      if (onRow(event)) event.preventDefault();
    },
  };
}
