/** Making a rule: what, of which, who is told, how, and how often at most. */

import { useState } from "preact/hooks";
import { api, got, keyed } from "../../http/ask";
import type { Act } from "../../parts/act";
import { may, page } from "../../state/page";
import { aboutOf, permitted, type What } from "./words";

const PER_HOUR = 10;
const PER_HOUR_MAX = 100;

/** The act that makes a rule; its fields keep what is typed as long as the dialog is open. */
export function useRuleForm(again: () => void): Act {
  const kinds = permitted();
  const [what, setWhat] = useState<What>(kinds[0] ?? "run.failed");
  const [filter, setFilter] = useState("");
  const [group, setGroup] = useState("");
  const [isForGroup, setForGroup] = useState(false);
  const [mail, setMail] = useState(false);
  const [perHour, setPerHour] = useState(String(PER_HOUR));
  const often = Number(perHour);
  const isOften = Number.isInteger(often) && often >= 1 && often <= PER_HOUR_MAX;
  const isNamed = !isForGroup || group.trim() !== "";
  return {
    label: "New rule…",
    title: "What do you want to be told of?",
    says: "Of what comes from now on, once each, in the inbox.",
    reason: isForGroup ? "required" : "none",
    confirm: "Make the rule",
    incomplete: !isNamed
      ? "Name the group."
      : isOften
        ? undefined
        : `Say how often, from 1 to ${PER_HOUR_MAX}.`,
    run: async ({ reason, key }) => {
      const body = {
        what,
        filter,
        group: isForGroup ? group.trim() : "",
        mail,
        per_hour: often,
        reason,
      };
      await got(api.POST("/notification-rules", { body, headers: keyed(key) }));
      again();
      return "The rule is made.";
    },
    fields: (
      <>
        <label class="field">
          <span>When</span>
          <select
            value={what}
            onChange={({ currentTarget: { value } }) =>
              setWhat(kinds.find((each) => each === value) ?? what)
            }
          >
            {kinds.map((each) => (
              <option key={each} value={each}>
                {aboutOf(each).words}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Only with the words</span>
          <input
            type="text"
            maxLength={200}
            value={filter}
            placeholder={aboutOf(what).ofWorkflow ? "workflow:order charge" : "cards"}
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
          <small>
            All of them must stand in its{" "}
            {aboutOf(what).ofWorkflow ? "workflow, step or error" : "name"}. Empty: each.
          </small>
        </label>
        {may("share_rule") && (
          <label class="check">
            <input
              type="checkbox"
              checked={isForGroup}
              onChange={({ currentTarget }) => setForGroup(currentTarget.checked)}
            />
            Tell a group instead of me
          </label>
        )}
        {isForGroup && (
          <label class="field">
            <span>Group</span>
            <input
              type="text"
              maxLength={150}
              required
              value={group}
              onInput={({ currentTarget }) => setGroup(currentTarget.value)}
            />
            <small>Its members who may see such things are told.</small>
          </label>
        )}
        {page.mails && (
          <label class="check">
            <input
              type="checkbox"
              checked={mail}
              onChange={({ currentTarget }) => setMail(currentTarget.checked)}
            />
            By e-mail too, if it was not seen
          </label>
        )}
        <label class="field">
          <span>At most, in an hour</span>
          <input
            type="number"
            inputMode="numeric"
            min={1}
            max={PER_HOUR_MAX}
            value={perHour}
            onInput={({ currentTarget }) => setPerHour(currentTarget.value)}
          />
          <small>What more there is, is said together.</small>
        </label>
      </>
    ),
  };
}
