/** What the tab is called: nothing else writes it. */

import { computed, effect, signal } from "@preact/signals";

/** What a screen is called, whatever it shows. */
export interface ScreenTitle {
  readonly title: string;
  /** The title of the list in which its thing stands. */
  readonly place: string;
}

/** The one thing that a screen is about. */
export interface ThingTitle {
  readonly name: string;
  /** How it stands, in words; empty = that is not said. */
  readonly state: string;
}

/** Of a name that is longer, a tab would show nothing else anyway. */
const NAME_MAX = 80;

/** The screen that is shown. */
export const screenTitle = signal<ScreenTitle>({ title: "", place: "" });
/** What it is about; null = of no one thing, or nothing is known of it yet. */
export const thingTitle = signal<ThingTitle | null>(null);

/** `Order 1042 · failed · Runs · flow`: the thing first, for a tab is narrow. */
export function titleOf({ title, place }: ScreenTitle, thing: ThingTitle | null): string {
  const parts = thing ? [short(thing.name), thing.state, place] : [title];
  return [...parts, "flow"].filter(Boolean).join(" · ");
}

function short(name: string): string {
  const letters = [...name];
  return letters.length > NAME_MAX ? `${letters.slice(0, NAME_MAX - 1).join("")}…` : name;
}

/** Begin to name the tab. The same title is not written again: some who listen would hear it again. */
export function watchTitle(): () => void {
  const title = computed(() => titleOf(screenTitle.value, thingTitle.value));
  return effect(() => {
    document.title = title.value;
  });
}
