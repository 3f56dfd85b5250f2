/** The shortcuts that work here and now. */

import { MOD, shortcuts } from "../state/keys";
import { letters } from "../state/prefs";
import { Dialog } from "./dialog";

export function Help({ onClose }: { onClose: () => void }) {
  const seen = new Set<string>();
  const own = shortcuts.value.filter(({ keys }) => !seen.has(keys) && seen.add(keys));
  return (
    <Dialog title="Shortcuts" onClose={onClose}>
      {letters.value === "off" && <p>Shortcuts of one letter are switched off.</p>}
      <dl class="keys">
        {own.map(({ keys, says }) => (
          <div key={keys}>
            <dt>
              {keys.split(/[ +]/).map((key) => (
                <kbd key={key}>{NAMES[key] ?? key}</kbd>
              ))}
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

const NAMES: Readonly<Record<string, string>> = { mod: MOD };
