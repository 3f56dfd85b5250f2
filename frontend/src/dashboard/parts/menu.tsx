/** A button that opens a list of things to do; those that are not possible say why. */

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { type Glyph, Icon } from "./glyphs";

export interface MenuEntry {
  readonly label: string;
  /** Why it is not possible; empty = it is. */
  readonly whyNot?: string;
  readonly isDangerous?: boolean;
  /** It is one of several choices, and this is the one that holds. */
  readonly isChosen?: boolean;
  /** Of the choices several may hold. */
  readonly isMany?: boolean;
  /** A title above it, where a new group begins. */
  readonly group?: string;
  readonly run: () => void;
}

interface Props {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  /** In place of the label, which is read out then. */
  readonly icon?: Glyph;
  readonly class?: string;
}

export function Menu({ label, entries, icon, ...rest }: Props) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
    const beside = ({ target }: Event) => {
      if (target instanceof Node && !root.current?.contains(target)) setOpen(false);
    };
    addEventListener("pointerdown", beside);
    return () => removeEventListener("pointerdown", beside);
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(root.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = all.findIndex((each) => each.matches(":focus"));
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at + all.length - 1) % all.length,
      Home: 0,
      End: all.length - 1,
    };
    const next = steps[event.key] ?? beginningWith(all, at, event);
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (next !== undefined) all[next]?.focus();
    // A letter that leads nowhere is none of the page's keys either.
    else if (!isLetter(event)) return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class={`menu ${rest.class ?? ""}`} ref={root}>
      <button
        ref={button}
        type="button"
        class={icon ? "button button-icon" : "button"}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={icon ? label : undefined}
        title={icon ? label : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {icon ? <Icon of={icon} /> : label}
        {!icon && <Icon of="chevron" size={14} />}
      </button>
      {isOpen && (
        <div
          class="menu-list"
          id={id}
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={onKeyDown}
        >
          {entries.map((entry) => (
            <Entry key={`${entry.group ?? ""}${entry.label}`} entry={entry} close={close} />
          ))}
        </div>
      )}
    </div>
  );
}

/** The next entry that begins with the letter that was pressed; undefined = none, or it was no letter. */
function beginningWith(
  all: readonly HTMLElement[],
  at: number,
  event: KeyboardEvent,
): number | undefined {
  if (!isLetter(event)) return undefined;
  const letter = event.key.toLowerCase();
  return all
    .map((_, n) => (at + 1 + n) % all.length)
    .find((n) => all[n]?.textContent.trimStart().toLowerCase().startsWith(letter));
}

function isLetter({ key, ctrlKey, altKey, metaKey }: KeyboardEvent): boolean {
  return !ctrlKey && !altKey && !metaKey && /^[\p{L}\p{N}]$/u.test(key);
}

function Entry({ entry, close }: { entry: MenuEntry; close: () => void }) {
  const { label, whyNot = "", isDangerous = false, isChosen, isMany = false, group, run } = entry;
  return (
    <>
      {group && (
        <div class="menu-group" role="presentation">
          {group}
        </div>
      )}
      <button
        type="button"
        role={isChosen === undefined ? "menuitem" : isMany ? "menuitemcheckbox" : "menuitemradio"}
        {...(isChosen === undefined ? {} : { "aria-checked": isChosen })}
        aria-disabled={whyNot !== "" || undefined}
        class="menu-entry"
        tabIndex={-1}
        data-danger={isDangerous || null}
        onClick={() => {
          if (whyNot !== "") return;
          close();
          run();
        }}
      >
        <span>{label}</span>
        {isChosen && <Icon of="done" size={14} />}
        {whyNot !== "" && <small>{whyNot}</small>}
      </button>
    </>
  );
}
