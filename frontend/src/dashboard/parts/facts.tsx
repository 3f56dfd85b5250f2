/** What is known of a thing, each with its name. */

import type { ComponentChildren } from "preact";

/** One of a `<dl class="facts">`. */
export function Fact({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
