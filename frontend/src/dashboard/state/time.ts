/** Instants and spans of time in words. One zone for all of a page; it is printed at its foot. */

import { computed } from "@preact/signals";
import { page } from "./page";
import { times } from "./prefs";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const LOCAL = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone of the page, as IANA names it. */
export const zone = computed(() => {
  switch (times.value) {
    case "utc":
      return "UTC";
    case "project":
      return page.zone;
    default:
      return LOCAL;
  }
});

export const isRelative = computed(() => times.value === "relative");

/** How long ago, or until when: `12 s ago`, `in 4 min`; null where a date says more. */
export function relative(at: number, now: number): string | null {
  const ms = now - at;
  const size = Math.abs(ms);
  if (size >= DAY) return null;
  if (size < SECOND) return "now";
  const [count, unit] =
    size < MINUTE
      ? [Math.floor(size / SECOND), "s"]
      : size < HOUR
        ? [Math.floor(size / MINUTE), "min"]
        : [Math.floor(size / HOUR), "h"];
  return ms >= 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

/** The time of the day in that zone, `14:03:11`; with the date where it is another day than `now`. */
export function clock(at: number, now: number, zone: string): string {
  const { day, time } = parts(at, zone);
  return parts(now, zone).day === day ? time : `${day} ${time}`;
}

/** As short as it can be in that zone: `14:03:11` today, else `1 Mar 23:30`, else `1 Mar 2025`. */
export function brief(at: number, now: number, zone: string): string {
  const { day, time } = parts(at, zone);
  const today = parts(now, zone).day;
  if (day === today) return time;
  const [year = "", month = "", date = ""] = day.split("-");
  const isThisYear = today.startsWith(`${year}-`);
  return `${Number(date)} ${MONTHS[Number(month) - 1]} ${isThisYear ? time.slice(0, 5) : year}`;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** All of it, with the zone's own offset: `2026-03-02 14:03:11.042 UTC+1`. */
export function exact(at: number, zone: string): string {
  const { day, time, millis } = parts(at, zone);
  return `${day} ${time}.${millis} ${offset(at, zone)}`;
}

/** How far that zone was from UTC then: `UTC+1`, `UTC-3:30`; `UTC` where it was not. */
export function offset(at: number, zone: string): string {
  const minutes = Math.round(offsetMs(at, zone) / MINUTE);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  if (minutes === 0) return "UTC";
  return `UTC${minutes < 0 ? "-" : "+"}${hours}${rest > 0 ? `:${two(rest)}` : ""}`;
}

/** The zone as it is printed: `Europe/Berlin (UTC+1)`. */
export function zoneName(at: number, zone: string): string {
  return zone === "UTC" ? zone : `${zone} (${offset(at, zone)})`;
}

/** A span of time, in two units at most: `41 ms`, `4.1 s`, `1:54`, `2 h 05`, `3 d 4 h`. */
export function span(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}:${two(((ms % HOUR) / SECOND) % 60)}`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${two((ms % HOUR) / MINUTE)}`;
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}

function parts(at: number, zone: string): { day: string; time: string; millis: string } {
  const local = new Date(Math.floor(at) + offsetMs(at, zone)).toISOString();
  return { day: local.slice(0, 10), time: local.slice(11, 19), millis: local.slice(20, 23) };
}

/** A zone changes its offset at a quarter of an hour, if it does. */
const QUARTER = 15 * MINUTE;
/** Quarters of all zones that are remembered. */
const QUARTERS_MAX = 5_000;
const offsets = new Map<string, number>();

/** What the zone's clocks showed more than UTC then. To ask the browser takes longer than all else of a row. */
function offsetMs(at: number, zone: string): number {
  const quarter = Math.floor(at / QUARTER);
  const key = `${quarter} ${zone}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    formatOf(zone)
      .formatToParts(quarter * QUARTER)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const there = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  const found = there - quarter * QUARTER;
  // What was asked first is forgotten first.
  if (offsets.size >= QUARTERS_MAX) offsets.delete(offsets.keys().next().value ?? "");
  offsets.set(key, found);
  return found;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** To make one takes long; there are few. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(timeZone, made);
  return made;
}
