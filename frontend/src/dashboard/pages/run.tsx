/** One run: its line, one step of it at a time, its journal, and what can be done with it. */

import { useLocation } from "preact-iso/router";
import { isFields } from "../../client/fields";
import { type RunState, readRun } from "../../client/views";
import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { Acts } from "../parts/act";
import { Copy, copy, Id } from "../parts/copy";
import { Loading } from "../parts/empty";
import { useEnding } from "../parts/ending";
import { freshAsked, freshOf, Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { FINAL, lookOf, State } from "../parts/state";
import { Tabs } from "../parts/tabs";
import { useThing } from "../parts/thing";
import { Time, Took } from "../parts/time";
import type { ScreenProps } from "../screen";
import { client } from "../state/link";
import { useLive } from "../state/live";
import { isNarrow } from "../state/narrow";
import { may, page, to } from "../state/page";
import { commands, runActs, standingOf } from "./run/acts";
import { Causes } from "./run/causes";
import { forChat } from "./run/chat";
import { Drawing } from "./run/drawing";
import { Gantt } from "./run/gantt";
import { Inspector, useSteps } from "./run/inspector";
import { Journal } from "./run/journal";
import { Outline } from "./run/outline";
import { everyStep, foremost } from "./run/steps";
import { Waits } from "./run/waits";

const VIEWS = [
  { key: "drawing", title: "Drawing" },
  { key: "gantt", title: "Gantt" },
  { key: "outline", title: "Outline" },
] as const;
/** While something waits, why it does may change without the run moving on. */
const WAITS_MS = 5_000;

export function RunScreen({ params }: ScreenProps) {
  const id = params["id"] ?? "";
  const { query, path, route } = useLocation();
  const live = useLive(client.run(id));
  const state = live.value?.state ?? "";
  // All that the topic does not tell is asked again when the run has come to another state.
  const asked = useAsked(
    id,
    (signal) => got(api.GET("/runs/{run_id}", { params: { path: { run_id: id } }, signal })),
    { when: `${state} ${waitingOf(live.value)}`, everyMs: FINAL.has(state) ? 0 : WAITS_MS },
  );
  const { epoch, offset } = live.meta.position;
  const position = `${epoch} ${offset}`;
  const steps = useSteps(id, position);
  const told = asked.value;
  const known = state || told?.state;
  useEnding(
    id,
    known === undefined ? undefined : FINAL.has(known),
    `${live.value?.title || told?.title || "The run"}: ${lookOf(known ?? "").word}.`,
  );
  const name = told && (live.value?.title || told.title || told.workflow);
  useThing({ kind: "run", id, name, state: known });
  if (asked.problem && !told) return <ProblemScreen problem={asked.problem} />;
  if (!told) return <Loading />;

  const run = live.value ?? viewOf(told);
  const chosen =
    everyStep(run).find(({ step }) => step.id === query["step"])?.step ?? foremost(run);
  const choose = (step: string, item = "") => {
    const search = new URLSearchParams({ ...query, step, item });
    if (item === "") search.delete("item");
    route(`${path}?${search}`, true);
  };
  // The drawing of a long line cannot be read on a telephone.
  const usual = isNarrow.value ? "outline" : "drawing";
  const wanted = query["view"] ?? usual;
  const view = wanted === "drawing" && !may("view_workflowrecord") ? "outline" : wanted;
  const fresh = freshOf(live.meta);
  return (
    <div class="screen run">
      <Head told={told} run={run} step={chosen?.id ?? ""} onDone={asked.again} route={route} />
      <Waits waits={told.waits} fresh={freshAsked(asked)} onChoose={choose} />
      {asked.problem && <ProblemNote problem={asked.problem} />}
      <div class="run-parts">
        <Panel title="Line" fresh={fresh} class="run-line">
          <Tabs
            label="How the line is shown"
            tabs={VIEWS.filter(({ key }) => key !== "drawing" || may("view_workflowrecord"))}
            chosen={view}
            onChoose={(key) =>
              route(`${path}?${new URLSearchParams({ ...query, view: key })}`, true)
            }
          >
            {view === "drawing" ? (
              <Drawing digest={told.digest} run={run} chosen={chosen?.id ?? ""} onChoose={choose} />
            ) : view === "gantt" ? (
              <Gantt runId={id} position={position} chosen={chosen?.id ?? ""} onChoose={choose} />
            ) : (
              <Outline run={run} chosen={chosen?.id ?? ""} onChoose={choose} />
            )}
          </Tabs>
        </Panel>
        {chosen && (
          <Inspector
            key={chosen.id}
            runId={id}
            workflow={told.workflow}
            step={chosen}
            rows={steps.value?.items ?? []}
            item={query["item"] ?? ""}
            fresh={fresh}
          />
        )}
      </div>
      <Causes runId={id} when={`${run.state} ${waitingOf(run)}`} />
      <Journal runId={id} position={position} head={told.head} fresh={fresh} onChoose={choose} />
    </div>
  );
}

interface HeadProps {
  readonly told: Told["OneRunTold"];
  readonly run: RunState;
  /** The step that is looked at. */
  readonly step: string;
  readonly onDone: () => void;
  readonly route: (url: string) => void;
}

function Head({ told, run, step, onDone, route }: HeadProps) {
  const { id } = told;
  const { query } = useLocation();
  const link = new URL(to(`runs/${id}`, { ...query, step }), location.origin);
  return (
    <header class="run-head">
      <div class="screen-head">
        <State of={run.state} />
        {told.holding && <span class="mark">to be held</span>}
        <h1>{run.title || told.workflow}</h1>
        <Id id={id} />
        <div class="screen-acts">
          <Acts
            acts={runActs({ told, state: run.state, onDone, route })}
            more={[
              ...commands(told, standingOf(told, run.state)),
              {
                label: "Copy for a chat",
                group: "Elsewhere",
                run: () => void copy(forChat(told, run.state, link.href), "A line of Markdown"),
              },
              {
                label: "Open the customer's page",
                run: () => window.open(`${page.base}my/runs/${id}/`, "_blank", "noopener"),
              },
            ]}
          />
          <Copy text={link.href} says="the link to this step" label="Share" />
        </div>
      </div>
      <dl class="facts">
        <div>
          <dt>Workflow</dt>
          <dd>
            <a href={to("runs", { q: `workflow:${told.workflow}` })}>{told.workflow}</a>{" "}
            <code class="faint" title={told.digest}>
              {told.digest.slice(0, 8)}
            </code>
          </dd>
        </div>
        <div>
          <dt>Began</dt>
          <dd>
            <Time at={run.startedAt ?? told.created_at} />
          </dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>
            <Took from={run.startedAt} to={run.finishedAt} />
          </dd>
        </div>
        <div>
          <dt>Caused by event</dt>
          <dd>
            <Id id={told.event_id} href={to(`events/${told.event_id}`)} />
          </dd>
        </div>
        {told.parent_run && (
          <div>
            <dt>Started by run</dt>
            <dd>
              <Id id={told.parent_run} href={to(`runs/${told.parent_run}`)} />
            </dd>
          </div>
        )}
        {told.replay_of && (
          <div>
            <dt>Replay of</dt>
            <dd>
              <Id id={told.replay_of} href={to(`runs/${told.replay_of}`)} />
            </dd>
          </div>
        )}
        {told.actor && (
          <div>
            <dt>Caused by</dt>
            <dd>
              <a href={to("runs", { q: `actor:${told.actor}` })}>{told.actor}</a>
            </dd>
          </div>
        )}
        {Object.entries(told.labels).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
      {run.failure && (
        <p class="run-message" data-tone="bad">
          {run.failure.message}
        </p>
      )}
    </header>
  );
}

/** Changes with what the steps are at: then what they wait for is asked again. */
function waitingOf(run: RunState | undefined): string {
  if (!run) return "";
  return everyStep(run)
    .map(({ step }) => `${step.state} ${step.attempt}`)
    .join();
}

/** The view that came with the answer, until the topic's own is there. */
function viewOf(told: Told["OneRunTold"]): RunState {
  return readRun(isFields(told.view) ? told.view : {});
}
