/** What a screen is. */

import type { ComponentType } from "preact";

/** What a screen is given: the parts of its address. */
export interface ScreenProps {
  /** `{ id }` of `runs/:id`. */
  readonly params: Readonly<Record<string, string>>;
}

export type Screen = ComponentType<ScreenProps>;
