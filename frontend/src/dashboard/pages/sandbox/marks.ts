/** Where in a text a problem stands, and the word that would mend it. */

import type { Told } from "../../http/ask";

export type Problem = Told["ProblemFound"];

export interface Range {
  readonly from: number;
  readonly to: number;
}

const WORD = /[\w.*-]+|\S/y;
const MEANT = /did you mean '([^']+)'\?/;

/** The word at the problem's place; places count characters, a text in the browser is of UTF-16. */
export function rangeOf(text: string, { line, column }: Pick<Problem, "line" | "column">): Range {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return { from: text.length, to: text.length };
    start = end + 1;
  }
  const end = text.indexOf("\n", start);
  const said = text.slice(start, end < 0 ? text.length : end);
  const from = start + [...said].slice(0, column - 1).join("").length;
  WORD.lastIndex = from;
  const word = WORD.exec(text.slice(0, start + said.length));
  return { from, to: from + (word?.[0].length ?? 0) };
}

/** The word that was probably meant; undefined: the hint says something else. */
export function meant({ hint }: Pick<Problem, "hint">): string | undefined {
  return MEANT.exec(hint)?.[1];
}

/** The text with that word in the problem's place. */
export function mended(text: string, problem: Problem): string {
  const word = meant(problem);
  if (word === undefined) return text;
  const { from, to } = rangeOf(text, problem);
  return text.slice(0, from) + word + text.slice(to);
}
