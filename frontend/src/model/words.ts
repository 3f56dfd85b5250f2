/**
 * What is said, by name. The page brings all of it, in its language: `{% flow_assets %}` writes it, and the
 * server's own pages say the same. Of a word that is not there its name is shown.
 */

import type golden from "../../../tests/contract/words.json";

export type Word = keyof (typeof golden)["words"];

let words: Readonly<Record<string, string>> = {};

/** Say these, by name. */
export function speak(said: Readonly<Record<string, string>>): void {
  words = said;
}

/** The words of that name, with what they speak of. */
export function say(word: Word, values: Readonly<Record<string, string | number>> = {}): string {
  return (words[word] ?? word).replace(/\{(\w+)\}/g, (place, name: string) =>
    String(values[name] ?? place),
  );
}

/** Whether there are such words. */
export function isWord(name: string): name is Word {
  return name in words;
}
