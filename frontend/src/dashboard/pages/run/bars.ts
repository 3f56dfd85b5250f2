/** The times of a run as its picture and its table say them. */

import type { Told } from "../../http/ask";
import { span } from "../../state/time";
import type { Stretch } from "./scale";

export type Bar = Told["BarTold"];
export type Segment = Told["SegmentTold"];

/** In these nothing is done for the run: such time may be cut. */
const IDLE: ReadonlySet<string> = new Set(["waiting", "delay", "block", "held", "rescuing"]);

/** From the first thing to the last; what goes on goes up to `now`. */
export function wholeOf(bars: readonly Bar[], now: number): Stretch {
  const all = bars.flatMap(({ segments }) => segments);
  const begin = Math.min(...all.map((each) => Date.parse(each.begin)), now);
  const end = Math.max(begin, ...all.map((each) => endOf(each, now)));
  return { begin, end };
}

/** When something was done, or waited for somebody who does it. */
export function busyOf(bars: readonly Bar[], now: number): Stretch[] {
  return bars
    .flatMap(({ segments }) => segments)
    .filter(({ kind }) => !IDLE.has(kind))
    .map((each) => ({ begin: Date.parse(each.begin), end: endOf(each, now) }));
}

/** When it ends; what goes on has come to `now`. */
export function endOf({ begin, end }: Segment, now: number): number {
  return end ? Date.parse(end) : Math.max(now, Date.parse(begin));
}

const WORDS: Readonly<Record<string, string>> = {
  queued: "queued",
  running: "running",
  delay: "waits for its next try",
  waiting: "waiting",
  block: "open",
  rescuing: "being rescued",
  held: "held",
  cancelling: "cancelling",
  compensating: "compensating",
};
const ENDS: Readonly<Record<string, string>> = {
  succeeded: "done",
  failed: "failed",
  lost: "its worker was lost",
  returned: "given back",
  cancelled: "cancelled",
  expired: "expired",
};

/** What a stretch is: `attempt 2`, `queued`. */
export function nameOf({ kind, attempt }: Segment): string {
  return attempt === null ? (WORDS[kind] ?? kind) : `attempt ${attempt}`;
}

/** How it ended: `failed`, `goes on`; empty where that says nothing. */
export function resultOf({ end, result }: Segment): string {
  return end === null ? "goes on" : (ENDS[result] ?? result);
}

/** `attempt 2, 4.1 s, failed`. */
export function inWords(segment: Segment, now: number): string {
  const took = span(endOf(segment, now) - Date.parse(segment.begin));
  return [nameOf(segment), took, resultOf(segment)].filter(Boolean).join(", ");
}

/** All of a bar for who hears it: `Charge: queued, 2.0 s; attempt 1, 3.0 s, failed.` */
export function heard(bar: Bar, now: number): string {
  const all = bar.segments.map((each) => inWords(each, now));
  return `${bar.title}: ${all.length > 0 ? all.join("; ") : "done at once"}.`;
}
