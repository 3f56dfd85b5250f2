/** Rules: what I want to be told of, or a group of mine is told of. */

import { useState } from "preact/hooks";
import { api, got, keyed } from "../../http/ask";
import { useAsked } from "../../http/use";
import { type Act, ActDialog, Acts } from "../../parts/act";
import { Empty } from "../../parts/empty";
import { freshAsked, Panel } from "../../parts/panel";
import { State } from "../../parts/state";
import { useRuleForm } from "./form";
import { aboutOf, permitted, type Rule } from "./words";

const ASK_MS = 30_000;

export function Rules() {
  const asked = useAsked(
    "rules",
    (signal) => got(api.GET("/notification-rules", { params: { query: { limit: 200 } }, signal })),
    { everyMs: ASK_MS },
  );
  const [isMaking, setMaking] = useState(false);
  const rules = asked.value?.items ?? [];
  return (
    <Panel
      title="Rules"
      fresh={freshAsked(asked)}
      problem={asked.problem}
      isFlush
      acts={
        permitted().length > 0 && (
          <button type="button" class="button" onClick={() => setMaking(true)}>
            New rule…
          </button>
        )
      }
    >
      {asked.value && rules.length === 0 && (
        <Empty title="There is no rule yet.">
          <p>
            A rule says what you want to hear of: "a run of <code>workflow:order</code> fails", "a
            new cause". It tells you once of each, and not more often than you want.
          </p>
        </Empty>
      )}
      <ul class="notif-list" aria-label="Rules">
        {rules.map((rule) => (
          <Item key={rule.id} rule={rule} again={asked.again} />
        ))}
      </ul>
      {isMaking && <Making onClose={() => setMaking(false)} again={asked.again} />}
    </Panel>
  );
}

function Making({ onClose, again }: { onClose: () => void; again: () => void }) {
  return <ActDialog act={useRuleForm(again)} onClose={onClose} />;
}

function Item({ rule, again }: { rule: Rule; again: () => void }) {
  const { what, filter, group, mail, per_hour: perHour, sent, kept_back: kept } = rule;
  const facts = [
    group ? `group ${group}` : "me",
    mail ? "inbox and e-mail" : "inbox",
    `at most ${perHour} an hour`,
    kept > 0 ? `${sent} told lately, ${kept} kept back` : "",
  ].filter(Boolean);
  return (
    <li class="notif" data-read={rule.is_muted || null}>
      {rule.is_muted ? <State of="held" word="muted" /> : <State of="done" word="on" />}
      <div class="notif-said">
        <strong>{aboutOf(what).words}</strong>
        {filter && <code>{filter}</code>}
        <span class="faint">{facts.join(" · ")}</span>
      </div>
      <div class="notif-acts">
        <Acts acts={actsOf(rule, again)} />
      </div>
    </li>
  );
}

function actsOf(rule: Rule, again: () => void): readonly Act[] {
  const path = { rule_id: rule.id };
  const isTeam = rule.group !== "";
  const words = aboutOf(rule.what).words.toLowerCase();
  const base = {
    reason: isTeam ? ("required" as const) : ("none" as const),
    ...(isTeam && { permission: "share_rule" }),
  };
  const toggle: Act = {
    ...base,
    label: rule.is_muted ? "Tell again…" : "Mute…",
    title: rule.is_muted ? "Tell again?" : "Mute this rule?",
    says: rule.is_muted
      ? `You are told again when ${words}, of what comes from now on.`
      : `Nothing is told when ${words}, until the rule is on again; what came meanwhile is not told later.`,
    confirm: rule.is_muted ? "Tell again" : "Mute the rule",
    run: async ({ reason, key }) => {
      const given = { params: { path }, body: { reason }, headers: keyed(key) };
      await got(
        rule.is_muted
          ? api.POST("/notification-rules/{rule_id}/unmute", given)
          : api.POST("/notification-rules/{rule_id}/mute", given),
      );
      again();
      return rule.is_muted ? "The rule is on." : "The rule is muted.";
    },
  };
  const remove: Act = {
    ...base,
    label: "Remove…",
    isDangerous: true,
    title: "Remove this rule?",
    says: "Nothing is told by it any more; what it has told stays in the inboxes.",
    confirm: "Remove the rule",
    run: async ({ reason, key }) => {
      const given = { params: { path }, body: { reason }, headers: keyed(key) };
      await got(api.POST("/notification-rules/{rule_id}/remove", given));
      again();
      return "The rule is gone.";
    },
  };
  return [toggle, remove];
}
