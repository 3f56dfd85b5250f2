/** What was refused: what, why, the way out, and the code that the documentation explains. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Problem } from "../http/ask";
import { page } from "../state/page";
import { forgetAt } from "../state/recent";
import { Icon } from "./glyphs";

interface Props {
  readonly problem: Problem;
  /** What may be done about it. */
  readonly children?: ComponentChildren;
}

/** Inside of a part that shows something beside it. */
export function ProblemNote({ problem, children }: Props) {
  return (
    <div class="problem" role="alert">
      <Icon of={problem.status === 403 ? "lock" : "warning"} />
      <div>
        <p>
          <strong>{problem.title}.</strong> {problem.detail}
        </p>
        {problem.errors.length > 0 && (
          <ul>
            {problem.errors.map(({ place, message }) => (
              <li key={place}>
                <code>{place}</code> {message}
              </li>
            ))}
          </ul>
        )}
        {problem.status === 401 && page.login && (
          <p>
            <a href={loginHere()}>Log in</a>
          </p>
        )}
        {children}
      </div>
      {problem.code && <code class="problem-code">{problem.code}</code>}
    </div>
  );
}

/** In place of a screen. */
export function ProblemScreen({ problem, children }: Props) {
  const isGone = problem.status === 404;
  useEffect(() => {
    if (isGone) forgetAt(location.pathname);
  }, [isGone]);
  return (
    <div class="screen-problem">
      <h1>{problem.title}</h1>
      <ProblemNote problem={problem}>{children}</ProblemNote>
    </div>
  );
}

/** The project's own login, which leads back here. */
export function loginHere(): string {
  const next = encodeURIComponent(location.pathname + location.search);
  return `${page.login}${page.login.includes("?") ? "&" : "?"}next=${next}`;
}
