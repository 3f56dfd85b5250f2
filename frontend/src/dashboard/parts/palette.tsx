/** Go anywhere by name; an id that is pasted leads to what it names, whatever that is. */

import { useEffect, useId, useMemo, useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { shortcuts } from "../state/keys";
import { may, to } from "../state/page";
import { recent, waysBack } from "../state/recent";
import { Dialog } from "./dialog";
import { type Glyph, Icon } from "./glyphs";
import { idIn, KINDS, type Kind } from "./pasted";
import { places, wayTo } from "./places";

export interface Choice {
  readonly says: string;
  readonly hint: string;
  readonly icon: Glyph;
  readonly run: () => void;
}

export function Palette({ onClose }: { onClose: () => void }) {
  const { path, route } = useLocation();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const pasted = idIn(text);
  const things = useThings(pasted, route);
  const back = useMemo(() => seen(path, route), [path, route]);
  const found = pasted ? things.found : matching(text, [...screens(route), ...acts()], back);
  const choose = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    choice.run();
  };
  const go = (wanted: number) => {
    const next = wanted % Math.max(1, found.length);
    setAt(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at + found.length - 1);
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Go to" onClose={onClose} class="palette">
      <input
        type="text"
        class="palette-text"
        role="combobox"
        aria-label="A screen, an act, or an id"
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder="A screen, an act, or an id of anything"
        autofocus
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul class="palette-list" id={`${id}-list`} role="listbox" aria-label="Found">
        {found.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field listens for keys
          <li
            key={`${choice.says} ${choice.hint}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            onPointerMove={() => setAt(index)}
            onClick={() => choose(choice)}
          >
            <Icon of={choice.icon} />
            <span>{choice.says}</span>
            <kbd>{choice.hint}</kbd>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p class="faint palette-none" role="status">
          {pasted && things.isLooking
            ? "Looking for it …"
            : "Nothing of that name, or not for you."}
        </p>
      )}
    </Dialog>
  );
}

/** What was looked at last. */
function seen(here: string, route: (url: string) => void): readonly Choice[] {
  return waysBack(recent(), here).map(({ name, says, icon, url }) => ({
    says: name,
    hint: says,
    icon,
    run: () => route(url),
  }));
}

function screens(route: (url: string) => void): readonly Choice[] {
  return places().map(({ path, title, icon, key }) => ({
    says: title,
    hint: `g ${key}`,
    icon,
    run: () => route(wayTo(path)),
  }));
}

/** What the screen can do by a shortcut. */
function acts(): readonly Choice[] {
  return shortcuts
    .peek()
    .filter(({ keys }) => !keys.startsWith("g ") && keys !== "mod+k" && keys !== "/")
    .map(({ keys, says, run }) => ({ says, hint: keys, icon: "right", run }));
}

/**
 * What was looked at stands first while nothing is written, and then last: the same letters and `Enter` lead
 * to the same screen, whatever was looked at before.
 */
export function matching(
  text: string,
  always: readonly Choice[],
  seen: readonly Choice[],
): readonly Choice[] {
  if (text.trim() === "") return [...seen, ...always];
  return [...always, ...seen].filter(({ says }) => fits(says, text));
}

/** Every letter of `text` is in `says`, in that order. */
export function fits(says: string, text: string): boolean {
  let at = 0;
  for (const letter of text.toLowerCase().replaceAll(" ", "")) {
    at = says.toLowerCase().indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

interface Things {
  readonly found: readonly Choice[];
  readonly isLooking: boolean;
}

interface Looked {
  readonly id: string | null;
  readonly kinds: readonly Kind[];
  /** How many have not answered yet. */
  readonly left: number;
}

function useThings(id: string | null, route: (url: string) => void): Things {
  const [state, set] = useState<Looked>({ id, kinds: [], left: 0 });
  useEffect(() => {
    if (id === null) return;
    let isOver = false;
    const asked = KINDS.filter(({ permission }) => permission === "" || may(permission));
    set({ id, kinds: [], left: asked.length });
    for (const kind of asked) {
      kind
        .isThere(id)
        .catch(() => false)
        .then((isThere) => {
          if (isOver) return;
          set(({ kinds, left }) => ({
            id,
            left: left - 1,
            kinds: isThere ? [...kinds, kind] : kinds,
          }));
        });
    }
    return () => {
      isOver = true;
    };
  }, [id]);
  if (id === null || state.id !== id) return { found: [], isLooking: true };
  const choice = ({ says, icon, path }: Kind): Choice => {
    const hint = id.slice(-8);
    return { says, icon, hint, run: () => route(to(path(id))) };
  };
  const found = KINDS.filter((kind) => state.kinds.includes(kind)).map(choice);
  return { found, isLooking: state.left > 0 };
}
