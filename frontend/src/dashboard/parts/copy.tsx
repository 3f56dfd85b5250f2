/** Ids and texts that are to be copied. */

import { useEffect, useState } from "preact/hooks";
import { sayNow } from "../state/announce";
import { Icon } from "./glyphs";

const SHOWN_MS = 1_500;
// The same objects each time: they are not looked at again in each row of a list.
const COPY = <Icon of="copy" size={14} />;
const DONE = <Icon of="done" size={14} />;

/** Puts `text` on the clipboard; gives whether that was allowed. */
export async function copy(text: string, says = "It"): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    sayNow(`${says} was copied.`);
    return true;
  } catch {
    sayNow("The browser does not let this page copy.");
    return false;
  }
}

interface Props {
  readonly text: string;
  /** What it is: `the id`. */
  readonly says?: string;
  /** Shown beside the sign. */
  readonly label?: string;
}

export function Copy({ text, says = "the id", label }: Props) {
  // Which text it was: in a list that is scrolled the same button is another row's.
  const [copied, setCopied] = useState<string | null>(null);
  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => setCopied(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const isCopied = copied === text;
  return (
    <button
      type="button"
      class={label ? "button" : "copy"}
      aria-label={label ? undefined : `Copy ${says}`}
      title={`Copy ${says}`}
      data-copied={isCopied || null}
      onClick={async (event) => {
        event.stopPropagation();
        setCopied((await copy(text, says)) ? text : null);
      }}
    >
      {isCopied ? DONE : COPY}
      {label}
    </button>
  );
}

/** The end of an id, where it differs: those of one day begin alike. */
export function shortId(id: string): string {
  return id.slice(-8);
}

interface IdProps {
  readonly id: string;
  /** Where it leads; without it, it is only a text. */
  readonly href?: string | undefined;
}

/** A short id, that leads somewhere and can be copied whole. */
export function Id({ id, href }: IdProps) {
  return (
    <span class="id">
      {href ? (
        <a href={href} title={id}>
          <code>{shortId(id)}</code>
        </a>
      ) : (
        <code title={id}>{shortId(id)}</code>
      )}
      <Copy text={id} />
    </span>
  );
}
