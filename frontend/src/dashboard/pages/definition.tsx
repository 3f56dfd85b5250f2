/** One workflow: its versions, the drawing and the text of one, and what that does otherwise than another. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLocation } from "preact-iso/router";
import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { Acts } from "../parts/act";
import { Copy } from "../parts/copy";
import { counted, OPEN_RUNS_MAX } from "../parts/counted";
import { DiffOf } from "../parts/diff";
import { Loading } from "../parts/empty";
import { freshAsked, Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { State } from "../parts/state";
import { Tabs } from "../parts/tabs";
import { useThing } from "../parts/thing";
import { Time } from "../parts/time";
import type { ScreenProps } from "../screen";
import { may, to } from "../state/page";
import { MeaningOf } from "./definitions/changes";
import { switchAct } from "./definitions/switch";
import { drawingOf, parsed } from "./run/drawing";

type Version = Told["VersionTold"];

/** Runs of each version begin and end all the time. */
const POLL_MS = 10_000;

const VIEWS = [
  { key: "drawing", title: "Drawing" },
  { key: "text", title: "YAML" },
  { key: "changes", title: "Changes" },
] as const;

export function DefinitionScreen({ params }: ScreenProps) {
  const name = params["name"] ?? "";
  const { query, path, route } = useLocation();
  const asked = useAsked(
    name,
    async (signal) => {
      const given = { path: { name } };
      const [workflow, versions] = await Promise.all([
        got(api.GET("/workflows/{name}", { params: given, signal })),
        got(
          api.GET("/workflows/{name}/versions", {
            params: { ...given, query: { limit: 200 } },
            signal,
          }),
        ),
      ]);
      return { workflow, versions: newestFirst(versions.items) };
    },
    { everyMs: POLL_MS },
  );
  const standing = asked.value?.workflow.is_enabled ? "enabled" : "disabled";
  useThing({ kind: "workflow", id: name, name: asked.value?.workflow.name, word: standing });
  if (asked.problem && !asked.value) return <ProblemScreen problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  const { workflow, versions } = asked.value;
  const digest = query["version"] ?? workflow.digest;
  const view = query["view"] ?? "drawing";
  const choose = (change: Readonly<Record<string, string>>) =>
    route(`${path}?${new URLSearchParams({ ...query, ...change })}`, true);
  return (
    <div class="screen">
      <header class="screen-head">
        <State
          of={workflow.is_enabled ? "succeeded" : "paused"}
          word={workflow.is_enabled ? "enabled" : "disabled"}
        />
        <h1>{workflow.name}</h1>
        <div class="screen-acts">
          <a class="button" href={to("runs", { q: `workflow:${workflow.name}` })}>
            Its runs
          </a>
          <a class="button" href={to("", { workflow: workflow.name })}>
            On the floor
          </a>
          {may("try_definition") && (
            <a class="button" href={to("sandbox", { workflow: workflow.name })}>
              Try a change
            </a>
          )}
          <Acts
            acts={[
              switchAct({
                name: workflow.name,
                isEnabled: workflow.is_enabled,
                done: asked.again,
              }),
            ]}
          />
        </div>
      </header>
      <div class="definition">
        <Panel title="Versions" fresh={freshAsked(asked)} problem={asked.problem} isFlush>
          <Versions
            name={name}
            versions={versions}
            chosen={digest}
            current={workflow.digest}
            onChoose={(version) => choose({ version })}
          />
        </Panel>
        <Panel title="Version" acts={<code title={digest}>{digest.slice(0, 12)}</code>}>
          <Tabs
            label="What of it"
            tabs={VIEWS}
            chosen={view}
            onChoose={(key) => choose({ view: key })}
          >
            {view === "text" ? (
              <Text digest={digest} />
            ) : view === "changes" ? (
              <Changes
                digest={digest}
                since={query["since"] ?? before(versions, digest)}
                versions={versions}
                onSince={(since) => choose({ since })}
              />
            ) : (
              <Picture digest={digest} />
            )}
          </Tabs>
        </Panel>
      </div>
    </div>
  );
}

function newestFirst(versions: readonly Version[]): readonly Version[] {
  return versions.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** The version that came before; empty = it is the first. */
function before(versions: readonly Version[], digest: string): string {
  const at = versions.findIndex((each) => each.digest === digest);
  return (at >= 0 && versions[at + 1]?.digest) || "";
}

interface VersionsProps {
  readonly name: string;
  readonly versions: readonly Version[];
  readonly chosen: string;
  readonly current: string;
  readonly onChoose: (digest: string) => void;
}

function Versions({ name, versions, chosen, current, onChoose }: VersionsProps) {
  return (
    <ul class="versions">
      {versions.map(({ digest, path, created_at: at, open_runs: open }) => (
        <li key={digest}>
          <button type="button" aria-pressed={digest === chosen} onClick={() => onChoose(digest)}>
            <code>{digest.slice(0, 8)}</code>
            <span class="faint">
              <Time at={at} />
            </span>
            {digest === current && <span class="badge">current</span>}
            <small class="faint">
              {path.split(/(?<=\/)/).map((part) => (
                <span key={part}>
                  {part}
                  <wbr />
                </span>
              ))}
            </small>
          </button>
          <a class="faint" href={to("runs", { q: `workflow:${name} digest:${digest}` })}>
            {open > 0 ? `${counted(open, OPEN_RUNS_MAX)} open` : "runs"}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Picture({ digest }: { digest: string }) {
  const asked = useAsked(digest, () => drawingOf(digest));
  const frame = useRef<HTMLDivElement>(null);
  const picture = useMemo(() => (asked.value ? parsed(asked.value) : null), [asked.value]);
  useEffect(() => {
    if (picture) frame.current?.replaceChildren(picture);
  }, [picture]);
  return (
    <>
      {asked.problem && <ProblemNote problem={asked.problem} />}
      {!picture && !asked.problem && <Loading />}
      <div
        class="drawing"
        ref={frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        role="region"
        aria-label="The line, drawn"
      />
    </>
  );
}

function useText(digest: string) {
  return useAsked(
    `text of ${digest}`,
    (signal) => got(api.GET("/definitions/{digest}", { params: { path: { digest } }, signal })),
    { isOn: digest !== "" },
  );
}

function Text({ digest }: { digest: string }) {
  const asked = useText(digest);
  if (asked.problem) return <ProblemNote problem={asked.problem} />;
  if (!asked.value) return <Loading />;
  const { source } = asked.value;
  return (
    <div class="payload">
      <div class="payload-acts">
        <Copy text={source} says="the text" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre class="yaml" tabIndex={0}>
        <code>{source}</code>
      </pre>
    </div>
  );
}

interface ChangesProps {
  readonly digest: string;
  readonly since: string;
  readonly versions: readonly Version[];
  readonly onSince: (digest: string) => void;
}

/** What it means first, then the lines. */
function Changes({ digest, since, versions, onSince }: ChangesProps) {
  const meaning = useAsked(
    `${since} ${digest}`,
    (signal) =>
      got(
        api.GET("/definitions/{digest}/changes", {
          params: { path: { digest }, query: { since } },
          signal,
        }),
      ),
    { isOn: since !== "" },
  );
  const [is, was] = [useText(digest).value?.source, useText(since).value?.source];
  if (since === "") return <p class="faint">It is the first version that is kept.</p>;
  return (
    <>
      <label class="field">
        <span>Compared with</span>
        <select value={since} onChange={({ currentTarget }) => onSince(currentTarget.value)}>
          {versions
            .filter((each) => each.digest !== digest)
            .map((each) => (
              <option key={each.digest} value={each.digest}>
                {each.digest.slice(0, 8)}
              </option>
            ))}
        </select>
      </label>
      {meaning.problem && <ProblemNote problem={meaning.problem} />}
      <MeaningOf changes={meaning.value?.changes} />
      {is !== undefined && was !== undefined && <DiffOf was={was} is={is} />}
    </>
  );
}
