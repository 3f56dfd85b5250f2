/**
 * What a screen reader is told. The two regions stand in the page, empty, before anything is said: a
 * region that is born with its words is not read.
 */

const INTERVAL_MS = 5_000;

let saidAt = Number.NEGATIVE_INFINITY;
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Say it when there is a pause; of several within five seconds, the newest. */
export function say(text: string): void {
  clearTimeout(waiting);
  const speak = () => {
    saidAt = performance.now();
    write("flow-polite", text);
  };
  const delay = saidAt + INTERVAL_MS - performance.now();
  if (delay <= 0) speak();
  else waiting = setTimeout(speak, delay);
}

/** Say it now: something has failed, or the reader has done something. */
export function sayNow(text: string): void {
  write("flow-urgent", text);
}

function write(id: string, text: string): void {
  const region = document.getElementById(id);
  if (region) region.textContent = text;
}
