/** What one text of a workflow does otherwise than another. */

import type { Told } from "../../http/ask";

export function MeaningOf({ changes }: { changes: readonly Told["ChangeTold"][] | undefined }) {
  return (
    <ul class="changes">
      {changes?.map(({ sign, what, detail }) => (
        <li key={`${sign} ${what} ${detail}`}>
          <code>{sign}</code> <strong>{what}</strong> {detail}
        </li>
      ))}
      {changes?.length === 0 && <li class="faint">It does the same.</li>}
    </ul>
  );
}
