/** Where this user may go, and the way there. */

import { PLACES, type Place, ROUTES } from "../routes";
import { may, to } from "../state/page";
import { lastRuns } from "../state/prefs";

/** Where this user may go. */
export function places(): readonly Place[] {
  return PLACES.filter(
    ({ path, permission }) =>
      ROUTES.some((route) => route.path === path) && (permission === "" || may(permission)),
  );
}

/** The way to a place: to the runs as they were looked at last. Who is there already is led to all of them. */
export function wayTo(place: string, here = ""): string {
  return to(place, place === "runs" && here !== place ? { q: lastRuns.value } : {});
}
