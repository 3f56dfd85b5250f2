/** The floor: every line of the house, live; where it is tight, and what needs somebody. */

import { useLocation } from "preact-iso/router";
import { Empty, Loading } from "../parts/empty";
import { Icon } from "../parts/glyphs";
import { AsOf, freshOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { Time } from "../parts/time";
import { useLive } from "../state/live";
import { to } from "../state/page";
import { refusalOf } from "./fleet/figures";
import { LanePanel } from "./floor/lane";
import { Needs, useOtherNeeds } from "./floor/needs";
import { type Bottleneck, type Floor, floorOf, type Lane } from "./floor/topic";
import { useNewestBuild } from "./floor/tv";

/** With more lanes than these, each is a line of a list until it is opened. */
const LANES_OPEN_MAX = 8;

/** Runs that turn at once: each is a layer of its own, which a browser without a GPU draws in every frame. */
const TURNING_MAX = 40;

export function FloorScreen() {
  const { query } = useLocation();
  const workflow = query["workflow"] ?? "";
  const isTv = query["tv"] === "1";
  const { value, meta, failure } = useLive(floorOf(workflow));
  const others = useOtherNeeds();
  // All of it at once: a part that comes later would push the others down.
  const floor = others && value;
  useNewestBuild(isTv);
  return (
    <div class="screen floor">
      <header class="screen-head">
        <h1>Floor</h1>
        {workflow && (
          <a class="button" href={to("")}>
            All workflows
          </a>
        )}
        {floor && <Totals floor={floor} />}
        <div class="screen-acts">
          <AsOf of={freshOf(meta)} />
          {!isTv && (
            <a class="button" href={to("", { workflow, tv: "1" })}>
              For the wall
            </a>
          )}
        </div>
      </header>
      {failure && <ProblemNote problem={refusalOf(failure, "view_run")} />}
      {!floor && !failure && <Loading />}
      {floor && <Needs needs={[...others, ...floor.needs]} lastFailureAt={floor.lastFailureAt} />}
      {floor?.bottleneck && <Tight of={floor.bottleneck} isTv={isTv} />}
      {floor && <Lanes floor={floor} />}
    </div>
  );
}

function Lanes({ floor }: { floor: Floor }) {
  if (floor.lanes.length === 0) return <NoLanes />;
  if (floor.lanes.length > LANES_OPEN_MAX) {
    return (
      <ul class="lanes-list">
        {floor.lanes.map((lane) => (
          <li key={lane.workflow}>
            <Closed lane={lane} />
          </li>
        ))}
      </ul>
    );
  }
  const stations = new Map(floor.stations.map((station) => [station.id, station]));
  const count = floor.stations.reduce((all, { tokens }) => all + tokens.length, 0);
  return (
    <div class="lanes" data-crowded={count > TURNING_MAX || null}>
      {floor.lanes.map((lane) => (
        <LanePanel
          key={lane.workflow}
          lane={lane}
          stations={stations}
          bottleneck={floor.bottleneck}
        />
      ))}
    </div>
  );
}

/** A lane of many, in one line with its worst number. */
function Closed({ lane }: { lane: Lane }) {
  return (
    <a class="lane-closed" href={to("", { workflow: lane.workflow })}>
      <strong>{lane.title || lane.workflow}</strong>
      <span>{lane.done_per_min.toLocaleString("en")} done/min</span>
      <span data-loud={lane.failed_per_min > 0 || null}>
        {lane.failed_per_min.toLocaleString("en")} failed/min
      </span>
      <span data-loud={lane.worst !== null || null}>
        {lane.waiting.toLocaleString("en")}
        {lane.waiting_more && "+"} waiting{lane.worst && ` at ${lane.worst}`}
      </span>
      <span class="faint">
        last <Time at={lane.last_done_at} />
      </span>
    </a>
  );
}

function Totals({ floor }: { floor: Floor }) {
  const sum = (of: (lane: Lane) => number) => floor.lanes.reduce((all, lane) => all + of(lane), 0);
  const failed = sum(({ failed_per_min: rate }) => rate);
  return (
    <p class="floor-totals">
      <strong>{sum(({ done_per_min: rate }) => rate).toLocaleString("en")}</strong> done/min
      {failed > 0 && (
        <>
          {" · "}
          <strong class="lane-failed">{failed.toLocaleString("en")} failed/min</strong>
        </>
      )}
    </p>
  );
}

/** One sentence, and the one thing that helps. */
function Tight({ of, isTv }: { of: Bottleneck; isTv: boolean }) {
  return (
    <p class="tight">
      <Icon of="warning" />
      <span>
        <strong>Tightest:</strong> {of.text}
      </span>
      {!isTv && <Help of={of} />}
    </p>
  );
}

function Help({ of }: { of: Bottleneck }) {
  const queue = of.station.slice(of.station.lastIndexOf("@") + 1);
  switch (of.act) {
    case "resume":
      return (
        <a class="button" href={to("stations")}>
          Resume {queue} …
        </a>
      );
    case "start_worker":
      return <code>manage.py flow worker --stations {queue}</code>;
    case "scale":
      return (
        <a class="button" href={to("workers")}>
          Add a worker …
        </a>
      );
    default:
      return (
        <a class="button" href={to("runs", { q: `workflow:${of.workflow} state:running` })}>
          See the runs
        </a>
      );
  }
}

function NoLanes() {
  return (
    <Empty title="There is no workflow yet." code="manage.py flow init">
      <p>
        It writes a first one, in <code>workflows/</code> of one of your apps. A workflow that is
        saved there appears here by itself.
      </p>
    </Empty>
  );
}
