/** A floor on the wall loads itself anew when the server has another front end: nobody is there to do it. */

import { useEffect } from "preact/hooks";
import { isLive } from "../../state/link";
import { page } from "../../state/page";

const LOOK_MS = 60_000;

/** The build that a page of the dashboard was made for; null where it is none: a proxy's, a login. */
export function buildIn(html: string): string | null {
  const found = new DOMParser().parseFromString(html, "text/html").getElementById("flow-page");
  try {
    const said: unknown = JSON.parse(found?.textContent ?? "");
    const build = typeof said === "object" && said !== null && "build" in said ? said.build : null;
    return typeof build === "string" ? build : null;
  } catch {
    return null;
  }
}

/** Look every minute, and when the link is back, whether this page is still the newest. */
export function useNewestBuild(isOn: boolean): void {
  const wake = isLive.value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link that is back is a reason to look
  useEffect(() => {
    if (!isOn) return;
    const look = async () => {
      try {
        const answer = await fetch(location.href, { credentials: "same-origin" });
        const build = answer.ok ? buildIn(await answer.text()) : null;
        if (build !== null && build !== page.build) location.reload();
      } catch {
        // Offline: the next look will tell.
      }
    };
    if (wake) look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [isOn, wake]);
}
