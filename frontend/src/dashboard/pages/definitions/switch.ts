/** Whether a workflow takes new runs: switched with a reason, kept in the audit. */

import { api, got, keyed } from "../../http/ask";
import type { Act } from "../../parts/act";

interface Given {
  readonly name: string;
  readonly isEnabled: boolean;
  /** It starts by the clock too. */
  readonly hasSchedules?: boolean;
  readonly done: () => void;
}

export function switchAct({ name, isEnabled, hasSchedules = false, done }: Given): Act {
  const passing = hasSchedules ? " Its ticks pass by." : "";
  return {
    label: isEnabled ? "Disable…" : "Enable…",
    permission: "change_workflowrecord",
    isDangerous: isEnabled,
    title: isEnabled ? `Let ${name} take no new runs?` : `Let ${name} take new runs again?`,
    says: isEnabled
      ? `Each event is answered with "disabled", and starts nothing later on either. Open runs go on to their end.${passing}`
      : "From now on. What came meanwhile started nothing, and still does not.",
    reason: "required",
    confirm: isEnabled ? "Disable it" : "Enable it",
    run: async ({ reason, key }) => {
      const given = { params: { path: { name } }, body: { reason }, headers: keyed(key) };
      await got(
        isEnabled
          ? api.POST("/workflows/{name}/disable", given)
          : api.POST("/workflows/{name}/enable", given),
      );
      done();
      return isEnabled ? `${name} takes no new runs.` : `${name} takes new runs.`;
    },
  };
}
