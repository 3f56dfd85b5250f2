/** The append-only truth: what happened to a run, numbered, from its beginning, and what comes. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api, got, type Problem, problemIn, type Told } from "../../http/ask";
import { Loading } from "../../parts/empty";
import { type Fresh, Panel } from "../../parts/panel";
import { save } from "../../parts/save";
import { Time } from "../../parts/time";
import { sayNow } from "../../state/announce";
import { now } from "../../state/link";
import { clock, zone } from "../../state/time";

interface Props {
  readonly runId: string;
  /** Changes when the run has moved on: then there is more to be read. */
  readonly position: string;
  /** The number of its last fact when the screen was opened: of a long history only the end is read. */
  readonly head: number;
  readonly fresh: Fresh;
  readonly onChoose: (step: string) => void;
}

const PAGE = 200;
const SHOWN_MAX = 2_000;

export function Journal({ runId, position, head, fresh, onChoose }: Props) {
  const { facts, problem, isNew } = useFacts(runId, position, Math.max(0, head - SHOWN_MAX));
  const [kind, setKind] = useState("all");
  // A link to one line shows that line, and does not go on to the last.
  const [linked] = useState(() => /^#(n\d+)$/.exec(location.hash)?.[1]);
  const [isFollowed, follow] = useState(linked === undefined);
  const box = useRef<HTMLOListElement>(null);
  const shown = facts.filter(({ t }) => kind === "all" || t.startsWith(`${kind}.`));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what came last is brought into sight
  useEffect(() => {
    const list = box.current;
    if (isFollowed && list) list.scrollTop = list.scrollHeight;
  }, [shown.length, isFollowed]);
  useEffect(() => {
    if (linked && !isNew) document.getElementById(linked)?.scrollIntoView({ block: "center" });
  }, [linked, isNew]);
  return (
    <Panel
      title="Journal"
      class="journal"
      fresh={fresh}
      problem={problem}
      isFlush
      acts={
        <>
          <select
            class="input"
            aria-label="Kind"
            value={kind}
            onChange={({ currentTarget }) => setKind(currentTarget.value)}
          >
            <option value="all">all</option>
            <option value="run">the run</option>
            <option value="step">steps</option>
          </select>
          <label class="check">
            <input
              type="checkbox"
              checked={isFollowed}
              onChange={({ currentTarget }) => follow(currentTarget.checked)}
            />
            follow
          </label>
          <button type="button" class="button" onClick={() => void download(runId)}>
            Download
          </button>
        </>
      }
    >
      {isNew ? (
        <Loading />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        <ol class="facts-list" ref={box} tabIndex={0} aria-label="What happened, in order">
          {((facts[0]?.n ?? 1) > 1 || facts.length > SHOWN_MAX) && (
            <li class="faint">… the last {SHOWN_MAX.toLocaleString("en")}; the download has all</li>
          )}
          {shown.slice(-SHOWN_MAX).map((fact) => (
            <Fact
              key={fact.n}
              fact={fact}
              isLinked={location.hash === `#n${fact.n}`}
              onChoose={onChoose}
            />
          ))}
        </ol>
      )}
    </Panel>
  );
}

interface FactProps {
  readonly fact: Told["FactTold"];
  readonly isLinked: boolean;
  readonly onChoose: (step: string) => void;
}

function Fact({ fact, isLinked, onChoose }: FactProps) {
  const { n, at, t, said } = fact;
  const step = typeof said["step"] === "string" ? said["step"] : "";
  return (
    <li id={`n${n}`} class="fact" aria-current={isLinked || undefined}>
      <a class="faint" href={`#n${n}`}>
        {n}
      </a>
      <Time at={at} isClock />
      <span class="fact-kind">{t}</span>
      <span class="fact-said">
        {step && (
          <button type="button" class="link" onClick={() => onChoose(step)}>
            {step}
          </button>
        )}{" "}
        {inWords(said)}
      </span>
    </li>
  );
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** The rest of a fact, as far as it is short; `step` and what belongs to it are said already. */
export function inWords(said: Readonly<Record<string, unknown>>): string {
  return Object.entries(said)
    .filter(([name, value]) => name !== "step" && value !== "" && value !== null)
    .map(([name, value]) => {
      if (typeof value === "object") {
        const code = value && "code" in value ? String(value.code) : "…";
        return `${name} ${code}`;
      }
      const text = String(value);
      const at = INSTANT.test(text) ? clock(Date.parse(text), now.value, zone.value) : text;
      return `${name.replaceAll("_", " ")} ${at}`;
    })
    .join(" · ");
}

interface Facts {
  readonly facts: readonly Told["FactTold"][];
  readonly problem: Problem | null;
  readonly isNew: boolean;
}

/** The history after the fact number `from`; only what came is asked for when the run moves on. */
function useFacts(runId: string, position: string, from: number): Facts {
  const [facts, set] = useState<readonly Told["FactTold"][]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isNew, setNew] = useState(true);
  const known = useRef<Known>({ runId, from, facts: [] });
  if (known.current.runId !== runId) known.current = { runId, from, facts: [] };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another position is the reason to ask
  useEffect(() => {
    const controller = new AbortController();
    const read = async () => {
      const { current } = known;
      try {
        const last = current.facts.at(-1)?.n ?? current.from;
        for await (const page of history(runId, last, controller.signal)) {
          if (controller.signal.aborted || known.current !== current) return;
          const newest = current.facts.at(-1)?.n ?? current.from;
          current.facts = [...current.facts, ...page.filter(({ n }) => n > newest)];
          set(current.facts);
        }
        setProblem(null);
        setNew(false);
      } catch (error) {
        if (!controller.signal.aborted) setProblem(problemIn(error));
      }
    };
    read();
    return () => controller.abort();
  }, [runId, position]);
  return { facts, problem, isNew: isNew && problem === null };
}

interface Known {
  readonly runId: string;
  /** The number before the first fact that is read. */
  readonly from: number;
  facts: readonly Told["FactTold"][];
}

/** The history of a run after that number, a page at a time. */
async function* history(
  runId: string,
  last: number,
  signal?: AbortSignal,
): AsyncGenerator<readonly Told["FactTold"][]> {
  for (let after: string | null = cursorAfter(last); after !== null; ) {
    const query: { after: string; limit: number } = { after, limit: PAGE };
    const params = { path: { run_id: runId }, query };
    const page: Told["Page_FactTold_"] = await got(
      api.GET("/runs/{run_id}/history", { params, ...(signal ? { signal } : {}) }),
    );
    yield page.items;
    after = page.next;
  }
}

/** A cursor of the history is the number of its last fact, as the API writes it. */
function cursorAfter(n: number): string {
  return n === 0
    ? ""
    : btoa(String(n)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** All of it as a file: it is read anew, whatever is shown. */
async function download(runId: string): Promise<void> {
  const lines: string[] = [];
  try {
    for await (const page of history(runId, 0)) {
      lines.push(...page.map((fact) => JSON.stringify(fact)));
    }
  } catch (error) {
    sayNow(`The download has failed: ${problemIn(error).detail}`);
    return;
  }
  save(lines.join("\n"), `run-${runId}.ndjson`, "application/x-ndjson");
}
