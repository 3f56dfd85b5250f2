/**
 * The link of the page: whether what is shown is live, and since when it is not.
 *
 * Every clock of the page is `now`. It goes by the server's time, and stands still while the page is not
 * live: a clock that goes on would say that nothing has happened since.
 */

import { computed, effect, signal } from "@preact/signals";
import { pageOf } from "../../client/flow";
import type { Status } from "../../client/live";
import { page } from "./page";

const TICK_MS = 1_000;
/** A clock that is less wrong than this is not put right: answers have whole seconds. */
const SKEW_MIN_MS = 2_000;

/** One link for all of the page. */
export const client = pageOf({ url: page.socket });

/** How the page's link stands. */
export const status = signal<Status>("connecting");
export const isLive = computed(() => status.value === "live");
/** When what is shown was last known to be true, by this browser's clock, ms; null before anything was. */
export const asOf = signal<number | null>(null);
/** When the link went, by this browser's clock, ms; null while all is live, or was never lost. */
export const lostAt = signal<number | null>(null);
/** How often the link came back after it was lost: what was asked before is to be asked again. */
export const revivals = signal(0);
/** The server's clock less the browser's, ms; 0 where they agree. */
export const skewMs = signal(0);
/** The time of the page, ms. */
export const now = signal(Date.now());

/** The server's time at this moment, ms. */
export function serverNow(): number {
  return Date.now() + skewMs.peek();
}

/** The server has said what time it is: `date` is the header of an answer. */
export function heardDate(date: string | null): void {
  const at = Date.parse(date ?? "");
  if (Number.isNaN(at)) return;
  const skew = at + 500 - Date.now();
  skewMs.value = Math.abs(skew) > SKEW_MIN_MS ? skew : 0;
}

/** Try at once, rather than when the client would. */
export function retry(): void {
  client.status.wake();
}

/** Begin to follow. The inbox is followed by every screen, so that there always is a link. */
export const inbox = client.inbox();

export function watchLink(): void {
  inbox.listen(() => {
    if (inbox.meta.asOf.getTime() > 0) asOf.value = inbox.meta.asOf.getTime();
  });
  const look = () => {
    const { value } = client.status;
    status.value = value;
    if (value === "offline") lostAt.value ??= Date.now();
    if (value !== "live") return;
    if (lostAt.value !== null) revivals.value += 1;
    lostAt.value = null;
  };
  client.status.listen(look);
  look();
  let timer: ReturnType<typeof setInterval> | undefined;
  effect(() => {
    clearInterval(timer);
    if (!isLive.value) return;
    now.value = serverNow();
    timer = setInterval(() => {
      now.value = serverNow();
    }, TICK_MS);
  });
}
