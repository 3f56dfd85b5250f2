/** One cause: what its letters have in common, what was said of it, and what can be done. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got, keyed, type Problem, problemIn, type Told } from "../http/ask";
import { usePages } from "../http/pages";
import { useAsked } from "../http/use";
import { type Act, ActDialog, Acts, whyNot } from "../parts/act";
import { Id } from "../parts/copy";
import { Loading } from "../parts/empty";
import { Fact } from "../parts/facts";
import { FailureText } from "../parts/failure";
import { AsOf, freshAsked, Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { State } from "../parts/state";
import { useThing } from "../parts/thing";
import { Time } from "../parts/time";
import type { ScreenProps } from "../screen";
import { useKeys } from "../state/keys";
import { useLive } from "../state/live";
import { may, to } from "../state/page";
import { discardAct, freezeOpen, replayAct, useTriage } from "./dead/acts";
import { Hours } from "./dead/hours";
import { LETTERS, LetterTable, lettersPage } from "./dead/letters";
import { dead } from "./dead/topic";
import { causeOf, letters, placeOf, plainName } from "./dead/words";

export function GroupScreen({ params }: ScreenProps) {
  const id = params["id"] ?? "";
  const change = useLive(dead).value?.change ?? 0;
  const asked = useAsked(
    id,
    (signal) => got(api.GET("/groups/{group_id}", { params: { path: { group_id: id } }, signal })),
    { when: change },
  );
  const name = asked.value && plainName(asked.value);
  const { state } = asked.value ?? {};
  useThing({ kind: "cause", id, name, state, word: state === "new" ? "new" : undefined });
  if (asked.problem && !asked.value) return <ProblemScreen problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  return (
    <div class="screen group">
      <Head group={asked.value} onDone={asked.again} />
      {asked.problem && <ProblemNote problem={asked.problem} />}
      <div class="run-parts">
        <Panel title="In common" fresh={freshAsked(asked)}>
          <Common group={asked.value} onDone={asked.again} />
        </Panel>
        <Newest id={id} change={change} />
      </div>
      <Letters id={id} />
    </div>
  );
}

interface HeadProps {
  readonly group: Told["OneGroupTold"];
  readonly onDone: () => void;
}

function Head({ group, onDone }: HeadProps) {
  const { route } = useLocation();
  const q = `group:${group.id}`;
  const doing = { onDone, route };
  const triage = useTriage(group, doing);
  const [asks, setAsks] = useState<Act | null>(null);
  const [refused, setRefused] = useState<Refused | null>(null);
  const refuse = (problem: Problem | null) =>
    setRefused(problem && { problem, state: group.state });
  const refusal = refused?.state === group.state ? refused.problem : null;
  const replay = replayAct(q, group.open_count, doing);
  const goReplay = async () => {
    try {
      const selection = await freezeOpen(q);
      route(to("replays/new", { selection: selection.id }));
    } catch (error) {
      refuse(problemIn(error));
    }
  };
  const byLabel = (label: string) => triage.find((act) => act.label === label) ?? null;
  // What a button would refuse, its key refuses too, and says why.
  const begin = (act: Act | null, run: () => void) => {
    const why = act ? whyNot(act) : "";
    refuse(why ? notPossible(act?.title ?? "", why) : null);
    if (!why) run();
  };
  useKeys([
    ...KEYS.filter(({ label }) => {
      const { permission } = byLabel(label) ?? {};
      return !permission || may(permission);
    }).map(({ keys, label }) => {
      const act = byLabel(label);
      return { keys, says: label.replace("…", ""), run: () => begin(act, () => setAsks(act)) };
    }),
    ...(may("replay")
      ? [
          {
            keys: "r",
            says: "Replay its open letters",
            run: () => begin(replay, () => void goReplay()),
          },
        ]
      : []),
  ]);
  const current = asks && byLabel(asks.label);
  return (
    <header class="run-head">
      <div class="screen-head">
        <State
          of={group.state === "new" ? "open" : group.state}
          word={group.state === "new" ? "new" : undefined}
        />
        <h1 class="group-title">{causeOf(group)}</h1>
        <Id id={group.id} />
        <div class="screen-acts">
          <Acts
            acts={[replay, ...triage, discardAct(q, group.open_count, doing)]}
            buttons={2}
            menuLabel="Triage"
          />
        </div>
      </div>
      <dl class="facts">
        <Fact title="Open">{letters(group.open_count)}</Fact>
        <Fact title="Closed">{group.closed_count.toLocaleString("en")}</Fact>
        <Fact title="Where">{placeOf(group) || group.kind}</Fact>
        <Fact title="First">
          <Time at={group.first_at} />
        </Fact>
        <Fact title="Last">
          <Time at={group.last_at} />
        </Fact>
        <Fact title="24 hours">
          <Hours counts={group.rate} />
        </Fact>
        <Fact title="Owner">{group.owner || "nobody"}</Fact>
        {group.snoozed_until && (
          <Fact title="Snoozed until">
            <Time at={group.snoozed_until} isClock />
          </Fact>
        )}
      </dl>
      {group.note && <p class="cause-note">{group.note}</p>}
      {refusal && <ProblemNote problem={refusal} />}
      {current && <ActDialog act={current} onClose={() => setAsks(null)} />}
    </header>
  );
}

/** What was refused as it stood is no word about how it stands later. */
interface Refused {
  readonly problem: Problem;
  readonly state: string;
}

/** The acts that have a key. */
const KEYS = [
  { keys: "a", label: "Acknowledge…" },
  { keys: "o", label: "Assign…" },
  { keys: "n", label: "Note…" },
  { keys: "z", label: "Snooze…" },
  { keys: "e", label: "Resolve…" },
] as const;

function notPossible(what: string, why: string): Problem {
  return { title: `${what} Not now`, status: 0, detail: why, code: "", errors: [] };
}

/** What is so of most of them, and less of other causes: where to look for what has changed. */
function Common({ group, onDone }: HeadProps) {
  const fields = Object.keys(group.affected).sort();
  return (
    <>
      {group.common.length === 0 ? (
        <p class="faint">Nothing sets them apart from other causes.</p>
      ) : (
        <ul class="common">
          {group.common.map(({ field, value, share, elsewhere }) => (
            <li key={`${field} ${value}`}>
              <strong>{Math.round(share * 100)} %</strong>
              <span>
                {field} <code title={value}>{short(value)}</code>
              </span>
              <span class="faint">
                {elsewhere === null ? "" : `${Math.round(elsewhere * 100)} % elsewhere`}
              </span>
            </li>
          ))}
        </ul>
      )}
      <dl class="affected">
        {fields.map((field) => (
          <div key={field}>
            <dt>{field}</dt>
            <dd>
              {Object.entries(group.affected[field] ?? {})
                .map(([value, count]) => `${short(value)} (${count})`)
                .join(", ")}
            </dd>
          </div>
        ))}
      </dl>
      <div class="common-foot">
        <p class="faint">Seen in {group.sampled.toLocaleString("en")} of its newest letters.</p>
        <SplitAct group={group} fields={fields} onDone={onDone} />
      </div>
    </>
  );
}

/** A digest by its beginning. */
function short(value: string): string {
  return /^[0-9a-f]{32,}$/.test(value) ? `${value.slice(0, 8)}…` : value;
}

function SplitAct({ group, fields, onDone }: HeadProps & { fields: readonly string[] }) {
  const [field, setField] = useState(fields[0] ?? "");
  const act: Act = {
    label: "Split…",
    permission: "triage_dead_letter",
    whyNot: fields.length === 0 ? "There is no field to split it by." : "",
    title: "Split by which field?",
    says: "Its letters, and those to come, make a cause for each value of the field.",
    reason: "required",
    confirm: "Split",
    fields: (
      <label class="field">
        <span>Field</span>
        <select value={field} onChange={({ currentTarget }) => setField(currentTarget.value)}>
          {fields.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
    ),
    run: async ({ reason, key }) => {
      const params = { path: { group_id: group.id } };
      const given = { params, body: { field, reason }, headers: keyed(key) };
      await got(api.POST("/groups/{group_id}/split", given));
      onDone();
      return `Split by ${field}.`;
    },
  };
  return <Acts acts={[act]} />;
}

/** The newest letter stands for all: their tracebacks end in the same place. */
function Newest({ id, change }: { id: string; change: number }) {
  const asked = useAsked(
    `newest of ${id}`,
    async (signal) => {
      const query = { q: `group:${id}`, limit: 1 };
      const { items } = await got(api.GET("/dead-letters", { params: { query }, signal }));
      const [newest] = items;
      if (!newest) return null;
      const path = { letter_id: newest.id };
      return got(api.GET("/dead-letters/{letter_id}", { params: { path }, signal })).then(
        (letter) => letter,
      );
    },
    { when: change },
  );
  return (
    <Panel title="Newest" fresh={freshAsked(asked)} problem={asked.problem}>
      {asked.value?.failure ? (
        <>
          <FailureText failure={asked.value.failure} />
          <p class="newest-foot">
            <a href={to(`dead/letters/${asked.value.id}`)}>This letter</a>
            {asked.value.run_id && <a href={to(`runs/${asked.value.run_id}`)}>Its run</a>}
          </p>
        </>
      ) : (
        <p class="faint">{asked.value ? "It failed before any code of the project ran." : "…"}</p>
      )}
    </Panel>
  );
}

function Letters({ id }: { id: string }) {
  const q = `group:${id}`;
  const list = usePages(q, (after, signal) => lettersPage(q, after, signal), LETTERS, {
    everyMs: 5_000,
  });
  return (
    <section class="group-letters" aria-label="Its letters">
      <div class="screen-head">
        <h2>Letters</h2>
        <div class="screen-acts">
          <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
        </div>
      </div>
      {list.problem && <ProblemNote problem={list.problem} />}
      <LetterTable list={list} q={q} />
    </section>
  );
}
