/** A part of a screen with a title, which knows how old what it shows is, and says so when it is not live. */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Meta } from "../../client/live";
import type { Problem } from "../http/ask";
import { asOf as linkAsOf, isLive as linkIsLive, now, skewMs } from "../state/link";
import { clock, zone } from "../state/time";
import { ProblemNote } from "./problem";

/** How fresh something is. */
export interface Fresh {
  readonly isLive: boolean;
  /** When it was last known to be true, by this browser's clock, ms; null before that. */
  readonly asOf: number | null;
}

/** Of what a topic tells. */
export function freshOf(meta: Meta): Fresh {
  const at = meta.asOf.getTime();
  return { isLive: meta.status === "live", asOf: at > 0 ? at : null };
}

/** Of what the API was asked: as fresh as the last answer, while the link is live. */
export function freshAsked(asked: {
  readonly asOf: number | null;
  readonly problem: Problem | null;
}): Fresh {
  return { isLive: asked.problem === null, asOf: asked.asOf };
}

/** Says "as of" where what is shown may have changed since; else nothing. */
export function AsOf({ of }: { of: Fresh }) {
  const isLive = of.isLive && linkIsLive.value;
  const at = of.isLive ? (linkAsOf.value ?? of.asOf) : of.asOf;
  if (isLive || at === null) return null;
  // Known by this browser's clock, told by the server's, as all other times are.
  const told = Math.min(at, of.asOf ?? at) + skewMs.value;
  return (
    <span class="as-of" data-as-of={told}>
      as of {clock(told, now.value, zone.value)}
    </span>
  );
}

interface PanelProps {
  readonly title: string;
  /** How fresh its content is; without it the panel shows what does not change. */
  readonly fresh?: Fresh | undefined;
  /** Shown above the content, which stays. */
  readonly problem?: Problem | null | undefined;
  /** At the right of the title. */
  readonly acts?: ComponentChildren;
  /** Its content goes up to its edges. */
  readonly isFlush?: boolean;
  readonly class?: string;
  readonly children?: ComponentChildren;
}

export function Panel({ title, fresh, problem, acts, isFlush = false, ...rest }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${rest.class ?? ""}`} aria-labelledby={id} data-flush={isFlush || null}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {fresh && <AsOf of={fresh} />}
        {acts && <div class="panel-acts">{acts}</div>}
      </header>
      {problem && <ProblemNote problem={problem} />}
      <div class="panel-body">{rest.children}</div>
    </section>
  );
}
