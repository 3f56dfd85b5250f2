/** Runs: a filter, the list it finds, live, and acts upon many of them. */

import { computed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { type Problem, problemIn, type Told } from "../http/ask";
import { useExample } from "../http/example";
import { useWorkflows } from "../http/known";
import { usePages } from "../http/pages";
import { Acts } from "../parts/act";
import { Empty } from "../parts/empty";
import { FilterBar } from "../parts/filter";
import { ListTable } from "../parts/list-table";
import { Menu } from "../parts/menu";
import { AsOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { Views } from "../parts/views";
import { sayNow } from "../state/announce";
import { useLive, whileLive } from "../state/live";
import { to } from "../state/page";
import { keptList, lastRuns } from "../state/prefs";
import { Selection } from "../state/selection";
import { bulkActs, type Choice, countOf, freeze } from "./runs/bulk";
import { COLUMNS, nameOf, RunCard, USUAL } from "./runs/columns";
import { RUNS, type RunRow, runsPage, runsTopic } from "./runs/rows";

/** Where no topic tells of the list. */
const POLL_MS = 3_000;
const chosenColumns = keptList("runs.columns");

export function RunsScreen() {
  const { query, path, route } = useLocation();
  const q = query["q"] ?? "";
  const go = (text: string) => route(to("runs", { q: text }));
  const topic = runsTopic(q);
  const window = useLive(topic);
  const list = usePages(q, (after, signal) => runsPage(q, after, signal), RUNS, {
    everyMs: topic === null || window.failure ? POLL_MS : 0,
    live: whileLive(window),
  });
  const [selection] = useState(() => new Selection());
  const [frozen, setFrozen] = useState<Choice | null>(null);
  const [refusal, refuse] = useState<Problem | null>(null);
  const [done, setDone] = useState<Told["ReplayTold"] | null>(null);
  const clear = () => {
    selection.clear();
    setFrozen(null);
    refuse(null);
    setDone(null);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter finds others
  useEffect(clear, [q]);
  const selectMatching = async () => {
    try {
      const found = await freeze(q);
      setFrozen({ kind: "frozen", selection: found });
      sayNow(`${found.count} selected: ${found.words}.`);
    } catch (error) {
      refuse(problemIn(error));
    }
  };
  const workflows = useWorkflows();
  const isFilterBad = list.problem?.code === "FE510";
  useEffect(() => {
    // While the next screen is loaded this one stands still, and the address is that one's already.
    if (!isFilterBad && path === to("runs")) lastRuns.value = q;
  }, [q, isFilterBad, path]);
  return (
    <div class="screen" data-fill>
      <header class="screen-head">
        <h1>Runs</h1>
        <AsOf of={{ isLive: list.problem === null, asOf: list.asOf }} />
        <Views kind="run" q={q} hrefOf={(text) => to("runs", { q: text })} />
        <div class="screen-acts">
          <ColumnMenu />
        </div>
      </header>
      <FilterBar
        kind="run"
        value={q}
        onChange={go}
        values={{ workflow: workflows, label: labelsIn(list.rows.shown) }}
        problem={isFilterBad ? list.problem : null}
        placeholder="state:failed workflow:order since:1h, or words of the title"
      />
      {list.problem && !isFilterBad && <ProblemNote problem={list.problem} />}
      {refusal && <ProblemNote problem={refusal} />}
      {done && (
        <p class="told">
          {done.verdict} <a href={to(`replays/${done.id}`)}>How it went</a>
        </p>
      )}
      {!isFilterBad && (
        <ListTable
          label="Runs"
          list={list}
          columns={columnsShown.value}
          listed={RUNS}
          hrefOf={hrefOf}
          nameOf={nameOf}
          card={RunCard}
          cardHeight={92}
          selection={selection}
          onSelectMatching={selectMatching}
          empty={<NoRuns q={q} workflows={workflows} onAll={() => go("")} />}
        />
      )}
      <Chosen
        choice={frozen ?? { kind: "rows", ids: [...selection.ids.value] }}
        onAll={selectMatching}
        onClear={clear}
        onDone={(begun) => {
          clear();
          setDone(begun ?? null);
          list.again();
        }}
        route={route}
      />
    </div>
  );
}

const columnsShown = computed(() => {
  const wanted = chosenColumns.value ?? USUAL;
  return COLUMNS.filter(({ key }) => wanted.includes(key));
});

/** The same function each time: a row is drawn anew where something else is new. */
const hrefOf = ({ id }: RunRow) => to(`runs/${id}`);

/** Of how many rows the labels are offered. */
const LABELS_OF = 200;

/** The labels of what is listed, as a filter has them. */
function labelsIn(rows: readonly RunRow[]): readonly string[] {
  const found = rows
    .slice(0, LABELS_OF)
    .flatMap(({ labels }) => Object.entries(labels).map(([name, value]) => `${name}=${value}`));
  return [...new Set(found)];
}

function ColumnMenu() {
  const wanted = chosenColumns.value ?? USUAL;
  const toggle = (key: string) => {
    const next = wanted.includes(key) ? wanted.filter((each) => each !== key) : [...wanted, key];
    // The name of a run is its link: it stays.
    chosenColumns.value = [...new Set(["title", ...next])];
  };
  return (
    <Menu
      label="Columns"
      icon="columns"
      entries={COLUMNS.filter(({ isName }) => !isName).map(({ key, title }) => ({
        label: title,
        isChosen: wanted.includes(key),
        isMany: true,
        run: () => toggle(key),
      }))}
    />
  );
}

interface ChosenProps {
  readonly choice: Choice;
  readonly onAll: () => void;
  readonly onClear: () => void;
  readonly onDone: (begun?: Told["ReplayTold"]) => void;
  readonly route: (url: string) => void;
}

/** What is chosen, in words, and what may be done with it. */
function Chosen({ choice, onAll, onClear, onDone, route }: ChosenProps) {
  const count = countOf(choice);
  if (count === 0 && choice.kind === "rows") return null;
  return (
    <section class="chosen" aria-label="Selected">
      <p>
        <strong>{count.toLocaleString("en")} selected</strong>
        {choice.kind === "frozen" && <span class="faint"> {choice.selection.words}</span>}
      </p>
      {choice.kind === "rows" && (
        <button type="button" class="button" onClick={onAll}>
          Select all that match
        </button>
      )}
      <Acts acts={bulkActs({ choice, onDone, route })} buttons={3} />
      <button type="button" class="button" onClick={onClear}>
        Clear
      </button>
    </section>
  );
}

interface NoRunsProps {
  readonly q: string;
  readonly workflows: readonly string[];
  readonly onAll: () => void;
}

function NoRuns({ q, workflows, onAll }: NoRunsProps) {
  const code = useExample(q === "");
  if (q !== "") {
    return (
      <Empty
        title="No run matches this filter."
        acts={
          <button type="button" class="button" onClick={onAll}>
            Show all runs
          </button>
        }
      >
        <p>It stays open: runs that match will appear here as they begin.</p>
      </Empty>
    );
  }
  return (
    <Empty
      title="Nothing has run yet."
      code={code}
      acts={
        <a class="button" href={to("start/")}>
          Start a workflow by hand
        </a>
      }
    >
      <p>
        A run begins when an event comes that a workflow waits for.
        {workflows.length > 0 && ` This project has ${workflows.slice(0, 5).join(", ")}.`} Emit one
        from a view or a shell, and it appears here by itself:
      </p>
    </Empty>
  );
}
