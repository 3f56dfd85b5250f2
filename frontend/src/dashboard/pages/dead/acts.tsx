/** What may be done with causes and dead letters. */

import { useState } from "preact/hooks";
import { api, got, keyed, type Told } from "../../http/ask";
import type { Act } from "../../parts/act";
import { serverNow } from "../../state/link";
import { page, to } from "../../state/page";
import { letters } from "./words";

type Group = Pick<Told["OneGroupTold"], "id" | "state" | "owner" | "open_count">;

const HOUR_MS = 3_600_000;

interface Doing {
  readonly onDone: () => void;
  readonly route: (url: string) => void;
}

/** All open letters of a cause, as they are now. */
export function freezeOpen(q: string): Promise<Told["SelectionTold"]> {
  return got(api.POST("/selections", { body: { kind: "dead_letter", q: `state:open ${q}` } }));
}

/** To the page where a replay of what `q` finds is prepared. */
export function replayAct(q: string, count: number, { onDone, route }: Doing): Act {
  return {
    label: "Replay…",
    permission: "replay",
    whyNot: count === 0 ? "None of them is open." : "",
    title: `Replay ${letters(count)}?`,
    says: "The next page asks how, and shows what each of them would do again. Nothing is sent before that.",
    reason: "none",
    confirm: "Go on",
    run: async () => {
      const selection = await freezeOpen(q);
      onDone();
      route(to("replays/new", { selection: selection.id }));
      return `${letters(selection.count)} frozen for a replay.`;
    },
  };
}

export function discardAct(q: string, count: number, { onDone, route }: Doing): Act {
  return {
    label: "Discard…",
    permission: "discard",
    isDangerous: true,
    whyNot: count === 0 ? "None of them is open." : "",
    title: `Discard ${letters(count)}?`,
    says: "They are closed without being replayed. Their rows stay until the time for closed ones is over.",
    reason: "required",
    confirm: `Discard ${letters(count)}`,
    run: async ({ reason, key, once }) => {
      const body = { selection_id: await once(async () => (await freezeOpen(q)).id), reason };
      const begun = await got(api.POST("/discards", { body, headers: keyed(key) }));
      onDone();
      route(to(`replays/${begun.id}`));
      return `${letters(begun.total)} are being discarded.`;
    },
  };
}

/** The acts of triage; `fields` come with those that ask for more than a reason. */
export function useTriage(group: Group, { onDone }: Pick<Doing, "onDone">): readonly Act[] {
  const [owner, setOwner] = useState(group.owner || page.user.key);
  const [note, setNote] = useState("");
  const [hours, setHours] = useState("24");
  const [other, setOther] = useState("");
  const params = { path: { group_id: group.id } };
  const permission = "triage_dead_letter";
  const done = async (call: Promise<unknown>, said: string) => {
    await call;
    onDone();
    return said;
  };
  return [
    {
      label: "Acknowledge…",
      permission,
      whyNot: group.state === "acknowledged" ? "Somebody has seen it." : "",
      title: "Acknowledge this cause?",
      says: "Others see that somebody has seen it.",
      reason: "required",
      confirm: "Acknowledge",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/groups/{group_id}/acknowledge", {
              params,
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "Acknowledged.",
        ),
    },
    {
      label: "Assign…",
      permission,
      title: "Who sees to it?",
      says: "Yourself, or the key of another user; empty is nobody.",
      reason: "required",
      confirm: "Assign",
      fields: (
        <label class="field">
          <span>Owner</span>
          <input value={owner} onInput={({ currentTarget }) => setOwner(currentTarget.value)} />
        </label>
      ),
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/groups/{group_id}/assign", {
              params,
              body: { owner: owner.trim(), reason },
              headers: keyed(key),
            }),
          ),
          owner.trim() ? "Assigned." : "Nobody's.",
        ),
    },
    {
      label: "Note…",
      permission,
      title: "What is known of it?",
      says: "All who look at this cause read it.",
      reason: "none",
      confirm: "Keep the note",
      incomplete: note.trim() === "" ? "Say something." : undefined,
      fields: (
        <label class="field">
          <span>Note</span>
          <textarea
            rows={3}
            maxLength={2000}
            value={note}
            onInput={({ currentTarget }) => setNote(currentTarget.value)}
          />
        </label>
      ),
      run: ({ key }) =>
        done(
          got(
            api.POST("/groups/{group_id}/note", {
              params,
              body: { text: note.trim(), reason: "" },
              headers: keyed(key),
            }),
          ),
          "Noted.",
        ),
    },
    {
      label: "Snooze…",
      permission,
      title: "Not to be heard of for a while?",
      says: "It ends earlier when the cause fails again after a replay or a new version.",
      reason: "required",
      confirm: "Snooze",
      fields: (
        <label class="field">
          <span>For</span>
          <select value={hours} onChange={({ currentTarget }) => setHours(currentTarget.value)}>
            <option value="1">1 hour</option>
            <option value="8">8 hours</option>
            <option value="24">1 day</option>
            <option value="168">1 week</option>
          </select>
        </label>
      ),
      run: async ({ reason, key, once }) => {
        // Sent again it is the same act, from the same moment on.
        const from = Number(await once(async () => `${serverNow()}`));
        const until = new Date(from + Number(hours) * HOUR_MS).toISOString();
        const body = { until, reason };
        return done(
          got(api.POST("/groups/{group_id}/snooze", { params, body, headers: keyed(key) })),
          "Snoozed.",
        );
      },
    },
    {
      label: "Resolve…",
      permission,
      whyNot: group.state === "resolved" ? "It is resolved." : "",
      title: "Is the cause gone?",
      says: "If it fails again, it has regressed, and everybody is told. Open letters stay open.",
      reason: "required",
      confirm: "Resolve",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/groups/{group_id}/resolve", {
              params,
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "Resolved.",
        ),
    },
    {
      label: "Merge…",
      permission,
      title: "Which cause is the same as this one?",
      says: "Its letters, and those to come, belong to this one from now on.",
      reason: "required",
      confirm: "Merge",
      incomplete: other.trim() === "" ? "Give the id of the other cause." : undefined,
      fields: (
        <label class="field">
          <span>Id of the other cause</span>
          <input value={other} onInput={({ currentTarget }) => setOther(currentTarget.value)} />
        </label>
      ),
      run: ({ reason, key }) => {
        const body = { groups: [other.trim()], reason };
        return done(
          got(api.POST("/groups/{group_id}/merge", { params, body, headers: keyed(key) })),
          "Merged.",
        );
      },
    },
  ];
}
