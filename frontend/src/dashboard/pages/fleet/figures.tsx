/** Figures with their names, and what is said where a topic is refused. */

import type { ComponentChildren } from "preact";
import type { FlowError } from "../../../client/live";
import type { Problem } from "../../http/ask";

interface Props {
  readonly title: string;
  /** It is what somebody should see to. */
  readonly isLoud?: boolean;
  readonly children: ComponentChildren;
}

/** One figure of a `<dl class="figures">`. */
export function Figure({ title, isLoud = false, children }: Props) {
  return (
    <div class="figure" data-loud={isLoud || null}>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Why a topic tells nothing, as the API would say it. */
export function refusalOf(failure: FlowError, permission: string): Problem {
  const isForbidden = failure.code === "forbidden";
  return {
    title: isForbidden ? "Not permitted" : "Nothing is told",
    status: isForbidden ? 403 : 0,
    detail: isForbidden
      ? `This needs flowengine.${permission}.`
      : "The server does not tell of this. Load the page again.",
    code: isForbidden ? "FE802" : "",
    errors: [],
  };
}
