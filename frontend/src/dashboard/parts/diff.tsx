/** What is in one text and not in another, line by line. */

import { textDiff } from "./text-diff";

/** Longer texts are not compared line by line: it would take too long for a page. */
const LINES_MAX = 5_000;

export function DiffOf({ was, is }: { was: string; is: string }) {
  if (Math.max(was.split("\n").length, is.split("\n").length) > LINES_MAX) {
    return <p class="faint">The texts are too long to be compared line by line here.</p>;
  }
  return (
    <pre class="diff">
      {textDiff(was, is).map(({ sign, line }, at) => {
        const Line = sign === "+" ? "ins" : sign === "-" ? "del" : "span";
        // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike
        return <Line key={at}>{`${line}\n`}</Line>;
      })}
    </pre>
  );
}
