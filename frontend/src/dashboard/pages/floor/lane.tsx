/** The line of one workflow: what comes in, its stops in order, and what comes out. */

import { useRef } from "preact/hooks";
import { Time } from "../../parts/time";
import { to } from "../../state/page";
import { type Column, columnsOf, isMoving, standingAt } from "./columns";
import { StopCard } from "./stop";
import type { Bottleneck, Lane, Station, Stop } from "./topic";

interface Props {
  readonly lane: Lane;
  readonly stations: ReadonlyMap<string, Station>;
  readonly bottleneck: Bottleneck | null;
}

/** What comes after the line itself; shown while something is there. */
const AFTER: readonly (readonly [Stop["line"], string])[] = [
  ["on_failure", "When it fails"],
  ["finally", "At the end, always"],
  ["undo", "Undoing"],
];

export function LanePanel({ lane, stations, bottleneck }: Props) {
  // Once something has moved there it stays open: a lane that folds by itself would jump.
  const hasMoved = useRef(false);
  hasMoved.current ||= lane.stops.some((stop) => isMoving(stop, stations.get(stop.station ?? "")));
  const isQuiet = !hasMoved.current;
  return (
    <section class="lane" aria-label={lane.title || lane.workflow} data-quiet={isQuiet || null}>
      <header class="lane-head">
        <h2>
          <a href={to("runs", { q: `workflow:${lane.workflow}` })}>{lane.title || lane.workflow}</a>
        </h2>
        <span class="lane-in">
          {lane.events.map(({ type, per_min: rate }) => (
            <span key={type}>
              <code>{type}</code>
              {rate !== null && <span class="faint"> {Math.round(rate)}/min</span>}
            </span>
          ))}
        </span>
        <span class="lane-out">
          <strong>{lane.done_per_min.toLocaleString("en")} done/min</strong>
          {lane.failed_per_min > 0 && (
            <span class="lane-failed">{lane.failed_per_min.toLocaleString("en")} failed/min</span>
          )}
          <span class="faint">
            last <Time at={lane.last_done_at} />
          </span>
        </span>
      </header>
      <Line columns={columnsOf(lane, "line")} {...{ lane, stations, bottleneck }} />
      {AFTER.map(([line, title]) => {
        const moving = columnsOf(lane, line).filter(({ stops }) =>
          stops.some((stop) => isMoving(stop, stations.get(stop.station ?? ""))),
        );
        if (moving.length === 0) return null;
        return (
          <div key={line} class="lane-after">
            <p class="faint">{title}</p>
            <Line columns={moving} {...{ lane, stations, bottleneck }} />
          </div>
        );
      })}
    </section>
  );
}

function Line({ columns, lane, stations, bottleneck }: Props & { columns: readonly Column[] }) {
  const users = new Map<string, number>();
  for (const { station } of lane.stops) {
    if (station) users.set(station, (users.get(station) ?? 0) + 1);
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, by keyboard too
    <ol class="line" tabIndex={0} aria-label="Stations in order">
      {columns.map(({ key, block, stops }) => (
        <li key={key} class="column" data-block={block}>
          {stops.map((stop) => {
            const station = stations.get(stop.station ?? "");
            const isAlone = users.get(stop.station ?? "") === 1 && station?.workflows.length === 1;
            return (
              <StopCard
                key={stop.step}
                stop={stop}
                station={station}
                standing={standingAt(lane, stop, station, isAlone)}
                workflow={lane.workflow}
                isTight={
                  bottleneck !== null &&
                  bottleneck.workflow === lane.workflow &&
                  bottleneck.step === stop.step
                }
              />
            );
          })}
        </li>
      ))}
    </ol>
  );
}
