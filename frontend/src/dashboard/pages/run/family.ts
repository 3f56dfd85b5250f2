/** Events and runs that led to one another, as a tree. */

import type { Told } from "../../http/ask";

type Event = Told["CausedEventTold"];
type Run = Told["CausedRunTold"];

export type Kin =
  | { readonly kind: "event"; readonly event: Event; readonly inside: readonly Kin[] }
  | { readonly kind: "run"; readonly run: Run; readonly inside: readonly Kin[] };

/**
 * The roots: events that nothing of the family led to. Inside an event are its runs, and then what it led
 * to without one of them being known for it; inside a run are the events that it made.
 */
export function treeOf({ events, runs }: Told["CausesTold"]): Kin[] {
  const known = new Set(events.map(({ id }) => id));
  const seen = new Set<string>();
  const ofEvent = (event: Event): Kin | null => {
    if (seen.has(event.id)) return null;
    seen.add(event.id);
    const own = runs.filter((run) => run.event_id === event.id);
    const others = events.filter(
      (each) => each.caused_by === event.id && !own.some(({ id }) => id === each.made_by),
    );
    return { kind: "event", event, inside: [...own.map(ofRun), ...some(others.map(ofEvent))] };
  };
  const ofRun = (run: Run): Kin => {
    const made = events.filter(({ made_by }) => made_by === run.id);
    return { kind: "run", run, inside: some(made.map(ofEvent)) };
  };
  const roots = events.filter(({ caused_by }) => caused_by === null || !known.has(caused_by));
  const trees = some(roots.map(ofEvent));
  // A chain that goes round has no beginning: it begins where it was first heard of.
  return [...trees, ...some(events.map(ofEvent))];
}

function some(kin: readonly (Kin | null)[]): Kin[] {
  return kin.filter((each): each is Kin => each !== null);
}
