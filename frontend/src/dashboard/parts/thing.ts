/** The one thing that a screen is about: the tab says it first, and the palette leads back to it. */

import { effect } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { forget, type KindOfRecent, remember } from "../state/recent";
import { thingTitle } from "../state/title";
import { standing } from "./chip";
import { lookOf, PASSING } from "./state";

interface Thing {
  /**
   * As the heading has it; undefined = nothing is known of it yet. The browser keeps it, in its history and
   * for the palette: no text that needs `view_payload` belongs in it.
   */
  readonly name: string | undefined;
  /** As the API names it. A state that passes is not said: who listens would hear each change of a title. */
  readonly state?: string | undefined;
  /** Said in place of its word. */
  readonly word?: string | undefined;
  /** What it is kept as; without it the palette does not lead back. */
  readonly kind?: KindOfRecent;
  readonly id: string;
}

export function useThing({ name, state = "", word, kind, id }: Thing): void {
  const says = PASSING.has(state) ? "" : (word ?? lookOf(state).word);
  useLayoutEffect(() => {
    thingTitle.value = name === undefined ? null : { name, state: says };
  }, [name, says]);
  useLayoutEffect(
    () => () => {
      thingTitle.value = null;
    },
    [],
  );
  useEffect(() => {
    if (!kind || name === undefined || standing.peek() === "signed-out") return;
    remember({ kind, id, name });
  }, [kind, id, name]);
}

/** When this page hears that nobody is signed in, nothing is left of what was looked at. */
export function forgetWithSession(): () => void {
  return effect(() => {
    if (standing.value === "signed-out") forget();
  });
}
