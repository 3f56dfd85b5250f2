/** Saved views of a list: those always there, the team's, one's own; and keeping another. */

import { useState } from "preact/hooks";
import { api, got, keyed, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { may } from "../state/page";
import type { KindOfThing } from "../state/query";
import { type Act, ActDialog } from "./act";
import { byFlow, shellWord } from "./command";
import { copy } from "./copy";
import { Menu, type MenuEntry } from "./menu";

type View = Told["ViewTold"];

interface Props {
  readonly kind: KindOfThing;
  /** The filter that counts now. */
  readonly q: string;
  /** Where the list of a filter is. */
  readonly hrefOf: (q: string) => string;
}

export function Views({ kind, q, hrefOf }: Props) {
  const asked = useAsked(`views ${kind}`, (signal) =>
    got(api.GET("/views", { params: { query: { kind } }, signal })),
  );
  const views = asked.value?.items ?? [];
  const [open, setOpen] = useState<"save" | View | null>(null);
  const isKnown = views.some((view) => view.q === q);
  const saved = views.filter((view) => view.id !== null && mayRemove(view));
  const entries: readonly MenuEntry[] = [
    {
      label: "Save this view…",
      whyNot: q === "" ? "There is no filter." : "",
      run: () => setOpen("save"),
    },
    {
      label: "Copy as a command",
      run: () => void copy(byFlow(commandOf(kind, q)), "The command"),
    },
    ...saved.map((view, at) => ({
      label: `Remove ${nameOf(view)}…`,
      ...(at === 0 ? { group: "Saved" } : {}),
      run: () => setOpen(view),
    })),
  ];
  return (
    <div class="views-line">
      <nav class="views" aria-label="Views">
        {views.map((view) => (
          <a
            key={view.id ?? view.name}
            href={hrefOf(view.q)}
            aria-current={view.q === q ? "page" : undefined}
            title={view.problem || view.q}
            data-problem={view.problem !== "" || null}
          >
            {nameOf(view)}
          </a>
        ))}
        {q !== "" && asked.value && !isKnown && (
          <button type="button" class="button" onClick={() => setOpen("save")}>
            Save view…
          </button>
        )}
      </nav>
      <Menu label="Views" icon="more" entries={entries} />
      {open === "save" && (
        <SaveView kind={kind} q={q} onClose={() => setOpen(null)} onDone={asked.again} />
      )}
      {open !== null && open !== "save" && (
        <ActDialog act={removal(open, asked.again)} onClose={() => setOpen(null)} />
      )}
    </div>
  );
}

const LISTED: Readonly<Record<KindOfThing, string>> = {
  run: "runs",
  event: "events",
  dead_letter: "dead list",
};

/** What lists the same on a terminal. */
function commandOf(kind: KindOfThing, q: string): string {
  return q === "" ? LISTED[kind] : `${LISTED[kind]} --q ${shellWord(q)}`;
}

function nameOf({ name, is_team: isTeam }: View): string {
  return isTeam ? `${name} (team)` : name;
}

function mayRemove({ is_team: isTeam }: View): boolean {
  return !isTeam || may("share_view");
}

interface SaveProps {
  readonly kind: KindOfThing;
  readonly q: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function SaveView({ kind, q, onClose, onDone }: SaveProps) {
  const [name, setName] = useState("");
  const [isTeam, setTeam] = useState(false);
  const act: Act = {
    label: "Save view",
    title: "Save this view",
    says: <code>{q}</code>,
    reason: "none",
    confirm: "Save",
    incomplete: name.trim() === "" ? "Give it a name." : undefined,
    fields: (
      <>
        <label class="field">
          <span>Name</span>
          <input
            type="text"
            maxLength={60}
            required
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
          <small>A view of yours with that name becomes this one.</small>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isTeam}
            disabled={!may("share_view")}
            onChange={({ currentTarget }) => setTeam(currentTarget.checked)}
          />
          <span>For the whole team{!may("share_view") && " (you need flowengine.share_view)"}</span>
        </label>
      </>
    ),
    run: async ({ key }) => {
      const body = { kind, name, q, is_team: isTeam };
      const view = await got(api.POST("/views", { body, headers: keyed(key) }));
      onDone();
      return `${view.name} is saved.`;
    },
  };
  return <ActDialog act={act} onClose={onClose} />;
}

function removal(view: View, onDone: () => void): Act {
  return {
    label: "Remove",
    isDangerous: true,
    title: `Remove the view ${nameOf(view)}?`,
    says: "The filter is kept no longer; what it finds stays as it is.",
    reason: "none",
    confirm: "Remove the view",
    run: async ({ key }) => {
      const given = { params: { path: { view_id: view.id ?? "" } }, headers: keyed(key) };
      await got(api.POST("/views/{view_id}/remove", given));
      onDone();
      return `${view.name} is removed.`;
    },
  };
}
