/** The filter of a list: a text, with completion, and its words as chips that can be taken away. */

import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Problem } from "../http/ask";
import { useKeys } from "../state/keys";
import { type KindOfThing, type Suggestion, suggestions, without, words } from "../state/query";
import { Icon } from "./glyphs";
import { ProblemNote } from "./problem";

interface Props {
  readonly kind: KindOfThing;
  /** The filter that counts now. */
  readonly value: string;
  /** It is to be another; put it into the address. */
  readonly onChange: (value: string) => void;
  /** What the project has, by key: `{ workflow: ["order"] }`. */
  readonly values?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Why the server refused the filter. */
  readonly problem?: Problem | null | undefined;
  readonly placeholder?: string;
}

export function FilterBar({ kind, value, onChange, values, problem, placeholder }: Props) {
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => setText(value), [value]);
  useKeys([{ keys: "f", says: "Filter", run: () => input.current?.focus() }]);

  const found = isOpen ? suggestions(kind, text, caret, values) : [];
  const read = () => {
    setText(input.current?.value ?? "");
    setCaret(input.current?.selectionStart ?? 0);
    setAt(-1);
  };
  const put = (given: Suggestion) => {
    setText(given.text);
    setCaret(given.caret);
    setAt(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(given.caret, given.caret));
  };
  const send = (now: string) => {
    setOpen(false);
    if (now.trim() !== value) onChange(now.trim());
  };
  const chosen = found[at];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      setOpen(true);
      // Round all of them, with the text itself between the last and the first.
      setAt((was) => ((was + 1 + step + found.length + 1) % (found.length + 1)) - 1);
    } else if (event.key === "Enter" || (event.key === "Tab" && chosen)) {
      if (chosen) put(chosen);
      else send(text);
    } else if (event.key === "Escape") {
      if (isOpen) setOpen(false);
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };

  const chips = words(value);
  return (
    <div class="filter">
      <div class="filter-line">
        <Icon of="search" />
        <input
          ref={input}
          type="text"
          class="filter-text"
          role="combobox"
          aria-label="Filter"
          aria-expanded={found.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          autocomplete="off"
          spellcheck={false}
          placeholder={placeholder ?? "state:failed since:1h …"}
          value={text}
          onInput={() => {
            setOpen(true);
            read();
          }}
          onFocus={() => {
            setOpen(true);
            read();
          }}
          onBlur={() => setOpen(false)}
          onClick={read}
          onKeyDown={onKeyDown}
        />
        {text !== value.trim() && (
          <button type="button" class="button" onClick={() => send(text)}>
            Apply
          </button>
        )}
        {value !== "" && (
          <button type="button" class="copy" aria-label="Clear the filter" onClick={() => send("")}>
            <Icon of="close" />
          </button>
        )}
      </div>
      <ul
        class="filter-list"
        id={`${id}-list`}
        role="listbox"
        aria-label="Suggestions"
        hidden={found.length === 0}
      >
        {found.map((each, index) => (
          <li
            key={each.says}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            onPointerDown={(event) => {
              // The field keeps the focus.
              event.preventDefault();
              put(each);
            }}
          >
            {each.says}
          </li>
        ))}
      </ul>
      {chips.length > 0 && (
        <ul class="chips" aria-label="What is filtered by">
          {chips.map((word) => (
            <li key={word.start} class="chip">
              {word.key && <span class="faint">{word.key}</span>}
              <span>{word.values.join(" or ")}</span>
              <button
                type="button"
                aria-label={`Without ${word.key} ${word.values.join(", ")}`}
                onClick={() => onChange(without(value, word))}
              >
                <Icon of="close" size={12} />
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem && <ProblemNote problem={problem} />}
    </div>
  );
}
