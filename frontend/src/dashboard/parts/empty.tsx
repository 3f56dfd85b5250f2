/** Nothing to show: why, and what to do so that there is. */

import type { ComponentChildren } from "preact";
import { Copy } from "./copy";

interface Props {
  readonly title: string;
  /** In the words of the project: its own workflows and commands. */
  readonly children?: ComponentChildren;
  /** To be copied as it stands: a command, a few lines of Python. */
  readonly code?: string | undefined;
  readonly acts?: ComponentChildren;
}

export function Empty({ title, children, code, acts }: Props) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
      {code && (
        <div class="empty-code">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
          <pre tabIndex={0}>
            <code>{code}</code>
          </pre>
          <Copy text={code} says="the code" />
        </div>
      )}
      {acts && <div class="empty-acts">{acts}</div>}
    </div>
  );
}

/** In the place of rows that are on their way; nothing at first, for most come at once. */
export function Loading({ says = "Loading" }: { says?: string }) {
  return (
    <p class="loading" aria-busy="true">
      {says} …
    </p>
  );
}
