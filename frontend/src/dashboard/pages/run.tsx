/** One run: its line, one step of it at a time, its journal, and what can be done with it. */

import { useLocation } from "preact-iso/router";
import { isFields } from "../../client/fields";
import { type RunState, readRun } from "../../client/views";
import { api, got, type Told } from "../http/ask";
import { useAsked } from "../http/use";
import { Acts } from "../parts/act";
import { copy, Id } from "../parts/copy";
import { Loading } from "../parts/empty";
import { freshOf, Panel } from "../parts/panel";
import { ProblemNote, ProblemScreen } from "../parts/problem";
import { State } from "../parts/state";
import { Tabs } from "../parts/tabs";
import { Time, Took } from "../parts/time";
import type { ScreenProps } from "../routes";
import { client } from "../state/link";
import { useLive } from "../state/live";
import { isNarrow } from "../state/narrow";
import { may, page, to } from "../state/page";
import { asCommand, runActs } from "./run/acts";
import { Drawing } from "./run/drawing";
import { Inspector, useSteps } from "./run/inspector";
import { Journal } from "./run/journal";
import { Outline } from "./run/outline";
import { everyStep, foremost } from "./run/steps";

const VIEWS = [
  { key: "drawing", title: "Drawing" },
  { key: "outline", title: "Outline" },
] as const;

export function RunScreen({ params }: ScreenProps) {
  const id = params["id"] ?? "";
  const { query, path, route } = useLocation();
  const live = useLive(client.run(id));
  const state = live.value?.state ?? "";
  // All that the topic does not tell is asked again when the run has come to another state.
  const asked = useAsked(
    id,
    (signal) => got(api.GET("/runs/{run_id}", { params: { path: { run_id: id } }, signal })),
    { when: state },
  );
  const { epoch, offset } = live.meta.position;
  const position = `${epoch} ${offset}`;
  const steps = useSteps(id, position);
  const told = asked.value;
  if (asked.problem && !told) return <ProblemScreen problem={asked.problem} />;
  if (!told) return <Loading />;

  const run = live.value ?? viewOf(told);
  const chosen =
    everyStep(run).find(({ step }) => step.id === query["step"])?.step ?? foremost(run);
  const choose = (step: string) => {
    const search = new URLSearchParams({ ...query, step });
    search.delete("item");
    route(`${path}?${search}`, true);
  };
  // The drawing of a long line cannot be read on a telephone.
  const usual = isNarrow.value ? "outline" : "drawing";
  const view = may("view_workflowrecord") ? (query["view"] ?? usual) : "outline";
  const fresh = freshOf(live.meta);
  return (
    <div class="screen run">
      <Head told={told} run={run} onDone={asked.again} route={route} />
      {asked.problem && <ProblemNote problem={asked.problem} />}
      <div class="run-parts">
        <Panel title="Line" fresh={fresh} class="run-line">
          <Tabs
            label="How the line is shown"
            tabs={may("view_workflowrecord") ? VIEWS : VIEWS.slice(1)}
            chosen={view}
            onChoose={(key) =>
              route(`${path}?${new URLSearchParams({ ...query, view: key })}`, true)
            }
          >
            {view === "drawing" ? (
              <Drawing digest={told.digest} run={run} chosen={chosen?.id ?? ""} onChoose={choose} />
            ) : (
              <Outline run={run} chosen={chosen?.id ?? ""} onChoose={choose} />
            )}
          </Tabs>
        </Panel>
        {chosen && (
          <Inspector
            key={chosen.id}
            runId={id}
            step={chosen}
            rows={steps.value?.items ?? []}
            item={query["item"] ?? ""}
            fresh={fresh}
          />
        )}
      </div>
      <Journal runId={id} position={position} fresh={fresh} onChoose={choose} />
    </div>
  );
}

interface HeadProps {
  readonly told: Told["OneRunTold"];
  readonly run: RunState;
  readonly onDone: () => void;
  readonly route: (url: string) => void;
}

function Head({ told, run, onDone, route }: HeadProps) {
  const { id } = told;
  return (
    <header class="run-head">
      <div class="screen-head">
        <State of={run.state} />
        <h1>{run.title || told.workflow}</h1>
        <Id id={id} />
        <div class="screen-acts">
          <Acts
            acts={runActs({ id, state: run.state, onDone, route })}
            more={[
              { label: "Copy as command", run: () => void copy(asCommand(id), "The command") },
              { label: "Copy the link", run: () => void copy(location.href, "The link") },
              {
                label: "Open the customer's page",
                run: () => window.open(`${page.base}my/runs/${id}/`, "_blank", "noopener"),
              },
            ]}
          />
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
      {run.message && (
        <p class="run-message" data-tone="bad">
          {run.message}
        </p>
      )}
    </header>
  );
}

/** The view that came with the answer, until the topic's own is there. */
function viewOf(told: Told["OneRunTold"]): RunState {
  return readRun(isFields(told.view) ? told.view : {});
}
