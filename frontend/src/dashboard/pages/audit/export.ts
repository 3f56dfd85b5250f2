/** All that a list of the audit shows, as a file: one JSON object a line, as the API tells them. */

import type { Told } from "../../http/ask";
import type { Act } from "../../parts/act";
import { save } from "../../parts/save";
import type { Page } from "../../state/rows";

type Entry = Told["AuditTold"];
type Ask = (after: string, signal: AbortSignal, limit?: number) => Promise<Page<Entry>>;

const PAGE = 200;
const ROWS_MAX = 20_000;

/** The act that asks for all pages and gives them to the browser to keep. */
export function exportAct(ask: Ask): Act {
  return {
    label: "Export…",
    title: "Export the audit",
    says: `The newest ${ROWS_MAX.toLocaleString("en")} entries of this list at most, as one JSON object a line.`,
    reason: "none",
    confirm: "Export",
    run: async () => {
      const entries = await all(ask);
      const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
      save(lines.join(""), "audit.ndjson", "application/x-ndjson");
      return `${entries.length.toLocaleString("en")} entries were exported.`;
    },
  };
}

async function all(ask: Ask): Promise<Entry[]> {
  const { signal } = new AbortController();
  const found: Entry[] = [];
  let after: string | null = "";
  while (after !== null && found.length < ROWS_MAX) {
    const page: Page<Entry> = await ask(after, signal, PAGE);
    found.push(...page.items);
    after = page.next || null;
  }
  return found.slice(0, ROWS_MAX);
}
