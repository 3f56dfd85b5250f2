/** Which workflows the floor shows: those that its address names, else all. It is kept nowhere else. */

import { to } from "../../state/page";
import type { Bottleneck, Floor, Lane } from "./topic";

/** What stands in an address, `order,basket`: each name once. Of nothing: all workflows are shown. */
export function namesIn(written: string | undefined): readonly string[] {
  const names = (written ?? "").split(",").map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}

/** The address of the floor of these workflows; of none, of all. */
export function floorAt(names: readonly string[], isTv: boolean): string {
  return to("", { workflow: names.join(","), tv: isTv ? "1" : "" });
}

export interface Choice {
  /** Those that are workflows, in the order of the floor. */
  readonly chosen: readonly string[];
  /** Names of nothing. */
  readonly missing: readonly string[];
}

export function choiceOf(names: readonly string[], lanes: readonly Lane[]): Choice {
  const all = lanes.map(({ workflow }) => workflow);
  return {
    chosen: all.filter((name) => names.includes(name)),
    missing: names.filter((name) => !all.includes(name)),
  };
}

/** With that workflow, or without it where it was chosen; who has chosen all of them wants what comes, too. */
export function flipped(
  chosen: readonly string[],
  workflow: string,
  lanes: readonly Lane[],
): readonly string[] {
  const all = lanes.map((lane) => lane.workflow);
  const next = all.filter((name) => chosen.includes(name) !== (name === workflow));
  return next.length === all.length ? [] : next;
}

export function titleOf(workflow: string, lanes: readonly Lane[]): string {
  const title = lanes.find((lane) => lane.workflow === workflow)?.title || workflow;
  const isShared = lanes.some((lane) => lane.workflow !== workflow && lane.title === title);
  return isShared ? `${title} (${workflow})` : title;
}

/** What the floor of all says of these workflows. */
export function only(house: Floor, chosen: readonly string[]): Floor {
  const lanes = house.lanes.filter(({ workflow }) => chosen.includes(workflow));
  const passed = new Set(lanes.flatMap(({ stops }) => stops.map(({ station }) => station)));
  return {
    ...house,
    lanes,
    stations: house.stations.filter(({ id }) => passed.has(id)),
    bottleneck: house.bottleneck && seenFrom(house.bottleneck, lanes),
  };
}

/** Where it is tightest of all; null where that station is one of those that are shown. */
export function tightElsewhere({ bottleneck }: Floor, shown: Floor): Bottleneck | null {
  return shown.stations.some(({ id }) => id === bottleneck?.station) ? null : bottleneck;
}

/** A station that several workflows pass has a step of each; null where none of these passes. */
function seenFrom(of: Bottleneck, lanes: readonly Lane[]): Bottleneck | null {
  if (lanes.some(({ workflow }) => workflow === of.workflow)) return of;
  for (const { workflow, stops } of lanes) {
    const stop = stops.find(({ station }) => station === of.station);
    if (stop) {
      // The sentence begins with the step.
      return { ...of, workflow, step: stop.step, text: of.text.replace(of.step, () => stop.step) };
    }
  }
  return null;
}
