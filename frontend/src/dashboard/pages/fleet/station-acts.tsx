/** What can be done to a station: close it, open it, open it slowly, and say how much it does at once. */

import { useState } from "preact/hooks";
import { api, got, keyed } from "../../http/ask";
import { type Act, Acts } from "../../parts/act";
import type { Queue } from "./topic";

const PERMISSION = "pause_station";

type Verb = "pause" | "resume" | "drain";

export function StationActs({ queue }: { queue: Queue }) {
  const [places, setPlaces] = useState("");
  const { name, door, cap } = queue;
  const isOpen = door === "open";
  const params = { path: { name } };
  const act = (
    verb: Verb,
    said: string,
    shown: Omit<Act, "run" | "permission" | "reason">,
  ): Act => ({
    ...shown,
    permission: PERMISSION,
    reason: "required",
    run: async ({ reason, key }) => {
      await got(moved(verb, { params, body: { reason }, headers: keyed(key) }));
      return said;
    },
  });
  const limit = (
    shown: Omit<Act, "run" | "permission" | "reason">,
    wanted: number | null,
  ): Act => ({
    ...shown,
    permission: PERMISSION,
    reason: "required",
    run: async ({ reason, key }) => {
      const body = { reason, places: wanted };
      await got(api.POST("/stations/{name}/limit", { params, body, headers: keyed(key) }));
      return wanted === null ? `${name} has no limit.` : `${name} does ${wanted} at a time.`;
    },
  });
  const pause = act("pause", `${name} is paused.`, {
    label: "Pause…",
    whyNot: door === "paused" ? "People have paused it already." : "",
    isDangerous: true,
    title: `Pause ${name}?`,
    says: "Nothing begins there until somebody resumes it. What runs there may end; what waits is kept.",
    confirm: "Pause the station",
  });
  const resume = act("resume", `${name} is open.`, {
    label: "Resume…",
    whyNot: isOpen ? "It is open." : "",
    title: `Resume ${name}?`,
    says: "What waits there begins, as fast as its workers go; the breaker counts anew.",
    confirm: "Resume the station",
  });
  const drain = act("drain", `${name} opens slowly.`, {
    label: "Resume slowly…",
    whyNot: isOpen ? "It is open." : "",
    title: `Resume ${name} slowly?`,
    says: "What waits there begins at a measured pace for a minute, ten a second in each worker, then freely.",
    confirm: "Resume it slowly",
  });
  const wanted = Number(places);
  const isWhole = Number.isInteger(wanted) && wanted >= 1 && wanted <= 100_000;
  const most = limit(
    {
      label: "Limit…",
      title: `How much may ${name} do at the same time?`,
      says: "All its workers together, from the next second on. What runs already may end; what waits is kept.",
      confirm: "Set the limit",
      incomplete: isWhole ? undefined : "Say how many, from 1.",
      fields: (
        <label class="field">
          <span>Attempts at the same time</span>
          <input
            type="number"
            inputMode="numeric"
            min={1}
            max={100_000}
            required
            value={places}
            onInput={({ currentTarget }) => setPlaces(currentTarget.value)}
          />
          <small>
            Its workers have {queue.limit} places
            {cap && `; ${cap.places} may be used now`}.
          </small>
        </label>
      ),
    },
    wanted,
  );
  const none = limit(
    {
      label: "Take the limit back…",
      whyNot: cap ? "" : "It has none.",
      title: `Let ${name} do as much as its workers can?`,
      says: "All places of its workers may be used again.",
      confirm: "Take it back",
    },
    null,
  );
  return (
    <Acts acts={isOpen ? [pause, resume, drain, most, none] : [resume, drain, pause, most, none]} />
  );
}

type Sent = {
  readonly params: { readonly path: { readonly name: string } };
  readonly body: { readonly reason: string };
  readonly headers: Record<string, string>;
};

function moved(verb: Verb, sent: Sent) {
  switch (verb) {
    case "pause":
      return api.POST("/stations/{name}/pause", sent);
    case "resume":
      return api.POST("/stations/{name}/resume", sent);
    case "drain":
      return api.POST("/stations/{name}/drain", sent);
  }
}
