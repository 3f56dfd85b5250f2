/**
 * What went in or came out: nothing of it is fetched before somebody opens it, and only for who may see
 * payloads. The server masks what the project calls secret.
 */

import { useState } from "preact/hooks";
import { useAsked } from "../http/use";
import { may } from "../state/page";
import { Copy } from "./copy";
import { Loading } from "./empty";
import { Icon } from "./glyphs";
import { ProblemNote } from "./problem";
import { save } from "./save";

/** Characters that are shown of a text that is too long. */
const SHOWN_MAX = 64 * 1024;

interface Props {
  /** `Input`. */
  readonly title: string;
  /** What it is about: with another key it is another payload. */
  readonly of: string;
  readonly ask: (signal: AbortSignal) => Promise<unknown>;
  /** Opened already: the reader has chosen the tab that it is the whole of. */
  readonly isOpen?: boolean;
}

export function Payload({ title, of, ask, isOpen = false }: Props) {
  const [wasOpened, open] = useState(isOpen);
  const isPermitted = may("view_payload");
  const asked = useAsked(of, ask, { isOn: wasOpened && isPermitted });
  if (!isPermitted) {
    return (
      <p class="payload-closed">
        <Icon of="lock" /> {title}: to see it you need <code>flowengine.view_payload</code>.
      </p>
    );
  }
  if (!wasOpened) {
    return (
      <button type="button" class="button" onClick={() => open(true)}>
        Show {title.toLowerCase()}
      </button>
    );
  }
  if (asked.problem) return <ProblemNote problem={asked.problem} />;
  if (asked.value === undefined && asked.isAsking) return <Loading />;
  return <Json value={asked.value} title={title} />;
}

/** A JSON value as a text; of a long one the beginning, and all of it as a file. */
export function Json({ value, title }: { value: unknown; title: string }) {
  if (value === null || value === undefined) return <p class="faint">Nothing.</p>;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const isCut = text.length > SHOWN_MAX;
  return (
    <div class="payload">
      <div class="payload-acts">
        <Copy text={text} says={title.toLowerCase()} />
        {isCut && (
          <button
            type="button"
            class="button"
            onClick={() => {
              const name = `${title.toLowerCase().replaceAll(" ", "-")}.json`;
              save(text, name, "application/json");
            }}
          >
            Download all {Math.ceil(text.length / 1024)} kB
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre tabIndex={0}>
        <code>{isCut ? `${text.slice(0, SHOWN_MAX)}\n…` : text}</code>
      </pre>
    </div>
  );
}
