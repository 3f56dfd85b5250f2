/** A run in one line of Markdown, for where people talk: what it is, how it stands, why, and where to look. */

import type { Told } from "../../http/ask";
import { lookOf } from "../../parts/state";

/** Nothing of what went in or what the error says: who reads it may not be permitted to. */
export function forChat(
  told: Pick<Told["OneRunTold"], "workflow" | "title" | "failure">,
  state: string,
  link: string,
): string {
  const { code = "", step = null } = told.failure ?? {};
  const why = code && ` · \`${code}\`${step === null ? "" : ` at \`${step}\``}`;
  return `**${lookOf(state).word}** [${escaped(told.title || told.workflow)}](${link})${why}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>]/g, String.raw`\$&`);
}
