/** The floor: every line of the house, live; where it is tight, and what needs somebody. */

import { useLocation } from "preact-iso/router";
import { Empty, Loading } from "../parts/empty";
import { AsOf, freshOf } from "../parts/panel";
import { ProblemNote } from "../parts/problem";
import { Time } from "../parts/time";
import { useLive } from "../state/live";
import { refusalOf } from "./fleet/figures";
import { type Choice, choiceOf, floorAt, namesIn, only } from "./floor/choice";
import { LanePanel } from "./floor/lane";
import { Needs, useOtherNeeds } from "./floor/needs";
import { NotThere, Picker } from "./floor/picker";
import { Tightest } from "./floor/tight";
import { type Floor, floorOf, type Lane, wholeFloor } from "./floor/topic";
import { useNewestBuild } from "./floor/tv";

/** With more lanes than these, each is a line of a list until it is opened. */
const LANES_OPEN_MAX = 8;

/** Runs that turn at once: each is a layer of its own, which a browser without a GPU draws in every frame. */
const TURNING_MAX = 40;

export function FloorScreen() {
  const { query } = useLocation();
  const isTv = query["tv"] === "1";
  const names = namesIn(query["workflow"]);
  const { value: house, meta, failure } = useLive(wholeFloor());
  const choice = house && names.length > 0 ? choiceOf(names, house.lanes) : null;
  const shown = useShown(house, choice, meta.status === "live");
  const others = useOtherNeeds();
  useNewestBuild(isTv);
  return (
    <div class="screen floor">
      <header class="screen-head">
        <h1>Floor</h1>
        {others && house && <Picker lanes={house.lanes} {...{ choice, isTv }} />}
        {others && shown && shown.lanes.length > 0 && <Totals lanes={shown.lanes} />}
        <div class="screen-acts">
          <AsOf of={freshOf(meta)} />
          {!isTv && (
            <a class="button" href={floorAt(names, true)}>
              For the wall
            </a>
          )}
        </div>
      </header>
      {failure && <ProblemNote problem={refusalOf(failure, "view_run")} />}
      {/* All of it at once: a part that comes later would push the others down. */}
      {others && house && shown ? (
        <>
          {choice && choice.missing.length > 0 && <NotThere missing={choice.missing} isTv={isTv} />}
          <Needs
            needs={[...others, ...house.needs]}
            lastFailureAt={house.lastFailureAt}
            isOfAll={choice !== null}
          />
          <Tightest {...{ house, shown, isTv }} />
          {house.lanes.length === 0 ? <NoLanes /> : <Lanes floor={shown} isTv={isTv} />}
        </>
      ) : (
        !failure && <Loading />
      )}
    </div>
  );
}

/**
 * What is shown of the floor. Of those that are chosen a topic of their own says where it is tightest among
 * them, and, where there are many besides, which runs stand there. Until it does, or where what it said is older,
 * the floor of all has to do.
 */
function useShown(
  house: Floor | undefined,
  choice: Choice | null,
  isLive: boolean,
): Floor | undefined {
  const { value, meta, failure } = useLive(floorOf(choice?.chosen ?? []));
  if (!house || !choice) return house;
  const isAsNew = meta.status === "live" || !isLive;
  return value && isAsNew && !failure ? value : only(house, choice.chosen);
}

function Lanes({ floor, isTv }: { floor: Floor; isTv: boolean }) {
  if (floor.lanes.length > LANES_OPEN_MAX) {
    return (
      <ul class="lanes-list">
        {floor.lanes.map((lane) => (
          <li key={lane.workflow}>
            <Closed lane={lane} isTv={isTv} />
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
function Closed({ lane, isTv }: { lane: Lane; isTv: boolean }) {
  return (
    <a class="lane-closed" href={floorAt([lane.workflow], isTv)}>
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

function Totals({ lanes }: { lanes: readonly Lane[] }) {
  const sum = (of: (lane: Lane) => number) => lanes.reduce((all, lane) => all + of(lane), 0);
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
