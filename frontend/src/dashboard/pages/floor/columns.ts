/** How the stops of a lane stand beside one another: one behind the other, branches one above the other. */

import type { Lane, Station, Stop, Token } from "./topic";

/** A place on the line. */
export interface Column {
  readonly key: string;
  /** The block that its stops are inside; null = it is one stop of the line itself. */
  readonly block: string | null;
  readonly stops: readonly Stop[];
}

/** The stops of one line of the workflow, in order; what stands in one block is one column. */
export function columnsOf(lane: Lane, line: Stop["line"]): readonly Column[] {
  const columns: Column[] = [];
  for (const stop of lane.stops) {
    if (stop.line !== line) continue;
    const last = columns.at(-1);
    if (stop.block !== null && last?.block === stop.block) {
      columns[columns.length - 1] = { ...last, stops: [...last.stops, stop] };
    } else {
      columns.push({ key: stop.step, block: stop.block, stops: [stop] });
    }
  }
  return columns;
}

/** What stands at a stop: at its station, or, where it needs no worker, at the stop itself. */
export interface Standing {
  readonly tokens: readonly Token[];
  /** How many stand there besides. */
  readonly beyond: number;
}

/**
 * Tokens are those of this step of this workflow. How many stand beyond those that are drawn is known of
 * a station, not of each step that is done there: `isAlone` says that no other step is.
 */
export function standingAt(
  lane: Lane,
  stop: Stop,
  station: Station | undefined,
  isAlone: boolean,
): Standing {
  if (!station) return { tokens: stop.tokens, beyond: stop.waiting - stop.tokens.length };
  const here = ({ step, workflow }: Token) => step === stop.step && workflow === lane.workflow;
  return {
    tokens: station.tokens.filter(here),
    beyond: isAlone ? station.beyond : 0,
  };
}

/** Something stands there, or has passed within the last minute. */
export function isMoving(stop: Stop, station: Station | undefined): boolean {
  if (!station) return stop.waiting > 0;
  return station.busy + station.waiting + station.retrying + station.done + station.failed > 0;
}

/** Above so many a second, single runs cannot be told from one another: they flow. */
export const RIBBON_PER_S = 20;

/** How wide the flow is drawn, 0 to 1: by the logarithm, from the least that flows to a thousand times that. */
export function ribbon(perS: number): number {
  if (perS <= RIBBON_PER_S) return 0;
  return Math.min(1, 0.2 + Math.log10(perS / RIBBON_PER_S) * 0.27);
}
