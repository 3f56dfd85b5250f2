/** Where an instant stands on a picture of time: in proportion, but for idle stretches, which are cut. */

/** A stretch of time, ms since 1970. */
export interface Stretch {
  readonly begin: number;
  readonly end: number;
}

/** A part of the picture; a cut one has its width, whatever its length. */
export interface Piece extends Stretch {
  /** From 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly isCut: boolean;
}

export interface Scale {
  readonly pieces: readonly Piece[];
  /** Where that instant stands, 0 to 1; what is outside stands at the edge. */
  at(instant: number): number;
}

export interface Tick {
  readonly at: number;
  /** ms after the beginning. */
  readonly offset: number;
}

/** What is shorter is never cut: it says nothing that it is cut. */
const CUT_MIN_MS = 2_000;
/** Of the time in which something is done: idle time that is longer than that hides it. */
const CUT_SHARE = 0.5;
const CUT_WIDTH = 0.09;
const CUTS_WIDTH_MAX = 0.4;
const TICKS_MAX = 6;
const TICK_GAP = 0.11;

/**
 * The picture of `whole`. `busy` is when something was done; stretches without, which are long beside
 * that, are cut where `isCutting`.
 */
export function scaleOf(whole: Stretch, busy: readonly Stretch[], isCutting: boolean): Scale {
  const end = Math.max(whole.end, whole.begin + 1);
  const merged = united(busy, whole.begin, end);
  const done = merged.reduce((sum, each) => sum + each.end - each.begin, 0);
  const least = Math.max(CUT_MIN_MS, done * CUT_SHARE);
  const cuts = isCutting ? gaps(merged, whole.begin, end).filter((gap) => long(gap) > least) : [];
  const width = Math.min(CUT_WIDTH, CUTS_WIDTH_MAX / Math.max(1, cuts.length));
  const cutMs = cuts.reduce((sum, gap) => sum + long(gap), 0);
  const perMs = (1 - width * cuts.length) / Math.max(1, end - whole.begin - cutMs);
  const pieces: Piece[] = [];
  let at = 0;
  const add = (begin: number, to: number, isCut: boolean) => {
    if (to <= begin) return;
    const wide = isCut ? width : (to - begin) * perMs;
    pieces.push({ begin, end: to, from: at, to: Math.min(1, at + wide), isCut });
    at += wide;
  };
  let from = whole.begin;
  for (const gap of cuts) {
    add(from, gap.begin, false);
    add(gap.begin, gap.end, true);
    from = gap.end;
  }
  add(from, end, false);
  return { pieces, at: (instant) => placeIn(pieces, instant) };
}

function long({ begin, end }: Stretch): number {
  return end - begin;
}

function placeIn(pieces: readonly Piece[], instant: number): number {
  for (const { begin, end, from, to } of pieces) {
    if (instant < begin) return from;
    if (instant <= end) return from + ((instant - begin) / (end - begin)) * (to - from);
  }
  return 1;
}

/** The stretches inside of begin and end, in order, those that touch as one. */
function united(all: readonly Stretch[], begin: number, end: number): Stretch[] {
  const found: { begin: number; end: number }[] = [];
  for (const each of [...all].sort((a, b) => a.begin - b.begin)) {
    const inside = { begin: Math.max(each.begin, begin), end: Math.min(each.end, end) };
    if (inside.end < inside.begin) continue;
    const last = found.at(-1);
    if (last && inside.begin <= last.end) last.end = Math.max(last.end, inside.end);
    else found.push(inside);
  }
  return found;
}

function gaps(busy: readonly Stretch[], begin: number, end: number): Stretch[] {
  const found: Stretch[] = [];
  let from = begin;
  for (const each of busy) {
    if (each.begin > from) found.push({ begin: from, end: each.begin });
    from = Math.max(from, each.end);
  }
  if (end > from) found.push({ begin: from, end });
  return found;
}

/** Round distances from the beginning, where there is room for what they say. */
export function ticksOf({ pieces }: Scale): Tick[] {
  const begin = pieces[0]?.begin ?? 0;
  const shown = pieces.filter(({ isCut }) => !isCut);
  const step = roundStep(shown.reduce((sum, each) => sum + long(each), 0) / TICKS_MAX);
  const found: Tick[] = [];
  for (const piece of shown) {
    const first = Math.ceil((piece.begin - begin) / step) * step;
    for (let offset = first; begin + offset <= piece.end; offset += step) {
      const at = placeIn([piece], begin + offset);
      const last = found.at(-1);
      if (at <= 0.94 && (!last || at - last.at >= TICK_GAP)) found.push({ at, offset });
    }
  }
  return found;
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4];
const MINUTES = [1, 2, 5, 10, 30, 60, 120, 360, 720, 1_440].map((minutes) => minutes * 60_000);

function roundStep(least: number): number {
  const day = 86_400_000;
  const found = [...STEPS, ...MINUTES].find((step) => step >= least);
  return found ?? Math.ceil(least / day) * day;
}
