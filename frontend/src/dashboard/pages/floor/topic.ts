/** The floor as its topic tells it: lanes, stations, where it is tight, and what needs somebody. */

import { type Fields, fieldsIn, hasText, isFields } from "../../../client/fields";
import type { Kind } from "../../../client/kinds";
import type { Told } from "../../http/ask";
import { topics } from "../../state/live";

export type Lane = Told["LaneTold"];
export type Stop = Told["StopTold"];
export type Station = Told["FloorStationTold"];
export type Token = Told["TokenTold"];
export type Need = Told["NeedTold"];
export type Bottleneck = Told["BottleneckTold"];

export interface Floor {
  readonly lanes: readonly Lane[];
  readonly stations: readonly Station[];
  readonly bottleneck: Bottleneck | null;
  readonly needs: readonly Need[];
  readonly lastFailureAt: string | null;
}

export const FLOOR: Kind<Floor> = {
  read: (state) => ({
    lanes: fieldsIn(state["lanes"]).filter(isLane),
    stations: fieldsIn(state["stations"]).filter(isStation),
    ...rest(state),
  }),
  after(floor, type, part) {
    switch (type) {
      case "lane":
        return isLane(part)
          ? { ...floor, lanes: put(floor.lanes, part, ({ workflow }) => workflow) }
          : null;
      case "station":
        return isStation(part)
          ? { ...floor, stations: put(floor.stations, part, ({ id }) => id) }
          : null;
      case "gone":
        return part["what"] === "lane"
          ? { ...floor, lanes: floor.lanes.filter(({ workflow }) => workflow !== part["id"]) }
          : { ...floor, stations: floor.stations.filter(({ id }) => id !== part["id"]) };
      case "floor":
        return { ...floor, ...rest(part) };
      default:
        return null;
    }
  },
};

const floors = topics(FLOOR);

/** How long the names of workflows in a topic's name may be, all together. */
const NAMES_MAX = 200;

/** The floor of all workflows. */
export function wholeFloor(): ReturnType<typeof floors> {
  return floors("floor");
}

/** The floor of these workflows; null where there is none of them, or more than a topic can name. */
export function floorOf(workflows: readonly string[]): ReturnType<typeof floors> | null {
  const names = workflows.join(",");
  return names && names.length <= NAMES_MAX ? floors(`floor:${names}`) : null;
}

/** What the topics of dead letters and of workers say that needs somebody; the rest of them is not read. */
export const NEEDS: Kind<readonly Need[]> = {
  read: (state) => needsIn(state),
  after: (needs, type, part) => (type === "dead" || type === "workers" ? needsIn(part) : needs),
};

export const needsOf = topics(NEEDS);

function rest(part: Fields): Omit<Floor, "lanes" | "stations"> {
  const { bottleneck, last_failure_at: last } = part;
  return {
    bottleneck: isFields(bottleneck) && isBottleneck(bottleneck) ? bottleneck : null,
    needs: needsIn(part),
    lastFailureAt: typeof last === "string" ? last : null,
  };
}

function needsIn(part: Fields): readonly Need[] {
  return fieldsIn(part["needs"]).filter(isNeed);
}

/** With the one in the place of its like; a new one at its place by name. */
function put<T>(all: readonly T[], one: T, idOf: (one: T) => string): readonly T[] {
  const others = all.filter((each) => idOf(each) !== idOf(one));
  const at = others.findIndex((each) => idOf(each) > idOf(one));
  return at < 0 ? [...others, one] : others.toSpliced(at, 0, one);
}

function isLane(value: Fields): value is Fields & Lane {
  return hasText(value, "workflow") && Array.isArray(value["stops"]);
}

function isStation(value: Fields): value is Fields & Station {
  return hasText(value, "id") && hasText(value, "door") && Array.isArray(value["tokens"]);
}

function isBottleneck(value: Fields): value is Fields & Bottleneck {
  return hasText(value, "station") && hasText(value, "text");
}

function isNeed(value: Fields): value is Fields & Need {
  return hasText(value, "kind") && hasText(value, "text");
}
