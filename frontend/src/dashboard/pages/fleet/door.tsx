/** Whether a station gives out work, and how much of it; where it does not: since when, by whom, and why. */

import type { ComponentChildren } from "preact";
import { State } from "../../parts/state";
import { Time } from "../../parts/time";
import { page } from "../../state/page";
import type { Queue } from "./topic";

const DOORS: Readonly<Record<Queue["door"], readonly [string, string]>> = {
  open: ["done", "open"],
  paused: ["paused", "paused"],
  parked: ["failed", "parked by the breaker"],
  probing: ["retrying", "probing"],
  draining: ["running", "draining slowly"],
};

/** What comes next by itself. */
const NEXT: Readonly<Partial<Record<Queue["door"], string>>> = {
  parked: "next probe",
  probing: "the probe is given up",
  draining: "open",
};

export function Door({ queue }: { queue: Queue }) {
  const [look, word] = DOORS[queue.door] ?? ["queued", queue.door];
  const next = NEXT[queue.door];
  return (
    <p class="station-door">
      <State of={look} word={word} />
      {queue.door !== "open" && (
        <Said since={queue.since} by={queue.by} reason={queue.reason}>
          {queue.door === "paused" && (queue.busy > 0 ? `${queue.busy} still run` : "nothing runs")}
          {queue.trips > 1 && `closed ${queue.trips} times in a row`}
          {next && queue.due_at && (
            <>
              {next} <Time at={queue.due_at} isClock />
            </>
          )}
        </Said>
      )}
    </p>
  );
}

/** How much may be done there at the same time, where people have said so. */
export function Cap({ queue: { cap } }: { queue: Queue }) {
  if (!cap) return null;
  return (
    <p class="station-door">
      <strong>At most {cap.places.toLocaleString("en")} at the same time</strong>
      <Said since={cap.since} by={cap.by} reason={cap.reason} />
    </p>
  );
}

interface SaidProps {
  readonly since: string | null | undefined;
  /** The key of the user whose word it is; empty = nobody's. */
  readonly by: string;
  readonly reason?: string | undefined;
  readonly children?: ComponentChildren;
}

/** Since when, by whom and why; and what else there is to say. */
export function Said({ since, by, reason, children }: SaidProps) {
  const more = [children].flat().filter((each) => each !== false && each != null && each !== "");
  return (
    <span class="faint">
      since <Time at={since ?? null} />
      {by && ` by ${whoIs(by)}`}
      {reason && ` · ${reason}`}
      {more.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they stand in a fixed order
        <span key={at}> · {each}</span>
      ))}
    </span>
  );
}

function whoIs(key: string): string {
  if (key === page.user.key) return "you";
  const [, login] = /^cli:(.*)$/.exec(key) ?? [];
  return login === undefined ? `user ${key}` : `${login}, in a shell`;
}
