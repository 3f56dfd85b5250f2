/** When, and how long: by the page's one clock, in the page's one zone. */

import { isLive, now } from "../state/link";
import { brief, clock, exact, isRelative, relative, span, zone, zoneName } from "../state/time";

interface TimeProps {
  /** ISO 8601, or ms since 1970; null = not yet. */
  readonly at: string | number | null | undefined;
  /** The time of the day, whatever the reader has chosen: where instants are compared. */
  readonly isClock?: boolean;
}

/** An instant: how long ago, or when; all of it in the tooltip. */
export function Time({ at, isClock = false }: TimeProps) {
  if (at === null || at === undefined) return <span class="faint">–</span>;
  const ms = typeof at === "number" ? at : Date.parse(at);
  const ago = isRelative.value && !isClock ? relative(ms, now.value) : null;
  const said = isClock ? clock : brief;
  return (
    <time class="time" dateTime={new Date(ms).toISOString()} title={exact(ms, zone.value)}>
      {ago ?? said(ms, now.value, zone.value)}
    </time>
  );
}

interface TookProps {
  /** ISO 8601; null = it has not begun. */
  readonly from: string | null | undefined;
  /** Null = it has not ended: it is counted on, while the page is live. */
  readonly to: string | null | undefined;
}

/** How long something took, or has taken so far. */
export function Took({ from, to }: TookProps) {
  if (!from) return <span class="faint">–</span>;
  const end = to ? Date.parse(to) : now.value;
  return (
    <span
      class="took"
      data-running={to ? undefined : ""}
      data-frozen={isLive.value ? undefined : ""}
    >
      {span(Math.max(0, end - Date.parse(from)))}
      {!to && "…"}
    </span>
  );
}

/** The zone of the page, for its foot. */
export function Zone() {
  return <span class="zone">Times in {zoneName(now.value, zone.value)}</span>;
}
