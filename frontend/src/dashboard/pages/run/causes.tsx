/** What led to a run, and what followed from it: events and runs, as a small tree. */

import { api, got, type Told } from "../../http/ask";
import { useAsked } from "../../http/use";
import { shortId } from "../../parts/copy";
import { Loading } from "../../parts/empty";
import { Icon } from "../../parts/glyphs";
import { freshAsked, Panel } from "../../parts/panel";
import { State } from "../../parts/state";
import { Time } from "../../parts/time";
import { may, to } from "../../state/page";
import { type Kin, treeOf } from "./family";

interface Props {
  readonly runId: string;
  /** Changes when something may have followed. */
  readonly when: string;
}

export function Causes({ runId, when }: Props) {
  const params = { path: { run_id: runId } };
  const asked = useAsked(
    runId,
    (signal) => got(api.GET("/runs/{run_id}/causes", { params, signal })),
    { when },
  );
  const told = asked.value;
  return (
    <Panel
      title="What led here, and what followed"
      class="causes"
      fresh={freshAsked(asked)}
      problem={asked.problem}
    >
      {!told && !asked.problem && <Loading />}
      {told && <Kins all={treeOf(told)} self={runId} />}
      {told?.is_cut && (
        <p class="faint">
          There is more: it is followed three events far, and twenty of each.{" "}
          <a href={to("runs", { q: `event:${ownEvent(told, runId)}` })}>All runs of this event</a>
        </p>
      )}
    </Panel>
  );
}

function ownEvent(told: Told["CausesTold"], runId: string): string {
  return told.runs.find(({ id }) => id === runId)?.event_id ?? "";
}

function Kins({ all, self }: { all: readonly Kin[]; self: string }) {
  return (
    <ul class="kin">
      {all.map((kin) => (
        <li key={kin.kind === "run" ? kin.run.id : kin.event.id}>
          {kin.kind === "run" ? (
            <RunLine run={kin.run} isSelf={kin.run.id === self} />
          ) : (
            <EventLine event={kin.event} />
          )}
          {kin.inside.length > 0 && <Kins all={kin.inside} self={self} />}
        </li>
      ))}
    </ul>
  );
}

function RunLine({ run, isSelf }: { run: Told["CausedRunTold"]; isSelf: boolean }) {
  const name = run.title || run.workflow;
  return (
    <span class="kin-line" aria-current={isSelf ? "true" : undefined}>
      <Icon of="runs" />
      {isSelf ? <strong>{name}</strong> : <a href={to(`runs/${run.id}`)}>{name}</a>}
      <span class="faint">
        {isSelf ? "this run" : run.workflow === name ? "" : run.workflow}
        {run.replay_of && " · a replay"}
      </span>
      <State of={run.state} />
    </span>
  );
}

function EventLine({ event }: { event: Told["CausedEventTold"] }) {
  const name = event.type || `event ${shortId(event.id)}`;
  return (
    <span class="kin-line">
      <Icon of="events" />
      {may("view_eventrecord") ? <a href={to(`events/${event.id}`)}>{name}</a> : name}
      <span class="faint">
        {event.subject} <Time at={event.created_at} isClock />
      </span>
    </span>
  );
}
