/**
 * What a screen reader is told. The two regions stand in the page, empty, before anything is said: a
 * region that is born with its words is not read.
 */

const INTERVAL_MS = 5_000;

let saidAt = Number.NEGATIVE_INFINITY;
let timer: ReturnType<typeof setTimeout> | undefined;
/** What waits to be said: where one has come, of what passes the newest, of what has ended all. */
let place = "";
let passing = "";
let ends: readonly string[] = [];

/** Say it when there is a pause; of several within five seconds, the newest. */
export function say(text: string): void {
  passing = text;
  speakWhenDue();
}

/** Say where one has come: what passes meanwhile does not take its place. */
export function sayPlace(text: string): void {
  place = text;
  speakWhenDue();
}

/** Say that something has ended: once, and whatever else is said meanwhile. */
export function sayEnd(text: string): void {
  ends = [...ends, text];
  speakWhenDue();
}

/** Say it now: something has failed, or the reader has done something. */
export function sayNow(text: string): void {
  passing = ""; // else that something begins would be said after that it has ended
  write("flow-urgent", text);
}

function speakWhenDue(): void {
  clearTimeout(timer);
  const delay = saidAt + INTERVAL_MS - performance.now();
  if (delay <= 0) speak();
  else timer = setTimeout(speak, delay);
}

function speak(): void {
  const text = [place, ...ends, passing].filter(Boolean).join(" ");
  if (!text) return;
  saidAt = performance.now();
  write("flow-polite", text);
  place = "";
  passing = "";
  ends = [];
}

/** The same words again are other ones by a space at their end: what does not change is not read. */
function write(id: string, text: string): void {
  const region = document.getElementById(id);
  if (region) region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
