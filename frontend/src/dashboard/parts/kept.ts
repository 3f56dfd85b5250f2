/** Drawings that are made once for each value. */

import type { VNode } from "preact";

/**
 * `draw`, with the same drawing for the same value: a cell that had it before is not looked at again, whichever
 * row it is now. For values of which there are few: all of them are kept.
 */
export function kept(draw: (value: string) => VNode): (value: string) => VNode {
  const known = new Map<string, VNode>();
  return (value) => {
    const found = known.get(value) ?? draw(value);
    known.set(value, found);
    return found;
  };
}
