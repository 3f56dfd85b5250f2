/** How fresh the page is, in one place that is always there. */

import { computed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { isSignedOut } from "../http/ask";
import { say, sayNow } from "../state/announce";
import { asOf, client, lostAt, now, retry, skewMs, status } from "../state/link";
import { page } from "../state/page";
import { clock, zone } from "../state/time";
import { loginHere } from "./problem";

/** What the chip says of. */
export type Standing = "live" | "catching-up" | "offline" | "signed-out";

export const standing = computed<Standing>(() => {
  if (isSignedOut.value || status.value === "denied") return "signed-out";
  if (status.value === "live") return "live";
  return status.value === "offline" ? "offline" : "catching-up";
});

export function Chip() {
  const now = standing.value;
  useAnnounced(now);
  return (
    <div class="chip-live" data-standing={now}>
      {SAYS[now]()}
    </div>
  );
}

const SAYS: Readonly<Record<Standing, () => preact.JSX.Element>> = {
  live: () => <LiveFor />,
  "catching-up": () => (
    <span>
      <i aria-hidden="true">◌</i> catching up
    </span>
  ),
  offline: () => <OfflineFor />,
  "signed-out": () => (
    <span>
      <i aria-hidden="true">⛔</i> signed out {page.login && <a href={loginHere()}>log in</a>}
    </span>
  ),
};

/** With the time from a commit to a frame in this browser, as this page has measured it. */
function LiveFor() {
  // Read with each tick of the page's clock.
  now.value;
  const { p50, n } = client.latency();
  return (
    <span
      title={n > 0 ? `From a commit to this page: median of ${n} changes` : "Nothing has come yet"}
    >
      <i aria-hidden="true">◉</i> live{n > 0 && <span class="chip-ms"> {Math.round(p50)} ms</span>}
    </span>
  );
}

/** This clock goes on: it says how long nothing was heard. */
function OfflineFor() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((Date.now() - (lostAt.value ?? Date.now())) / 1_000));
  const at = asOf.value;
  return (
    <span>
      <i aria-hidden="true">⚠</i> offline{" "}
      <span class="chip-ms">
        {Math.floor(seconds / 60)}:{String(seconds % 60).padStart(2, "0")}
      </span>
      {at !== null && (
        <span class="chip-as-of">, as of {clock(at + skewMs.value, now.value, zone.value)}</span>
      )}{" "}
      <button type="button" class="link" onClick={retry}>
        retry
      </button>
    </span>
  );
}

function useAnnounced(now: Standing): void {
  const [before, set] = useState<Standing>("catching-up");
  useEffect(() => {
    if (now === before) return;
    set(now);
    if (now === "offline") sayNow("Offline: what is shown may be out of date.");
    else if (now === "signed-out") sayNow("You are signed out.");
    else if (now === "live" && before === "offline") say("Live again.");
  }, [now, before]);
}
