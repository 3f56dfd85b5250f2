/** What may be done with a replay that has begun. */

import { api, got, keyed, type Told } from "../../http/ask";
import type { Act } from "../../parts/act";
import { may, page } from "../../state/page";
import { BULK } from "./bulk";

type Replay = Pick<Told["ReplayTold"], "id" | "state" | "mode" | "by">;

const MOVING: readonly string[] = ["canary", "running"];

export function steering(replay: Replay, onDone: () => void): readonly Act[] {
  const params = { path: { replay_id: replay.id } };
  // Of an act that sends nothing, what it does needs its own permission, and steering it this one.
  const own = BULK[replay.mode]?.permission ?? "replay";
  const permission = may(own) ? "replay" : own;
  const isOver = replay.state === "done" || replay.state === "stopped";
  const unless = (holds: boolean, why: string) => (isOver ? "It is over." : holds ? "" : why);
  const done = async (call: Promise<unknown>, said: string) => {
    await call;
    onDone();
    return said;
  };
  return [
    {
      label: "Approve…",
      permission,
      whyNot:
        replay.by === page.user.key && replay.state === "proposed"
          ? "You have proposed it: somebody else approves it."
          : unless(replay.state === "proposed", "It needs no approval."),
      title: "Let it begin?",
      says: "It has edits, so a second person looks at them before it begins.",
      reason: "required",
      confirm: "Approve",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/replays/{replay_id}/approve", {
              params,
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "Approved.",
        ),
    },
    {
      label: "Pause…",
      permission,
      whyNot: unless(MOVING.includes(replay.state), "It does not move."),
      title: "Pause?",
      says: "Nothing more is sent until somebody resumes it; what was sent is seen to its end.",
      reason: "required",
      confirm: "Pause",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/replays/{replay_id}/pause", {
              params,
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "Paused.",
        ),
    },
    {
      label: "Resume…",
      permission,
      whyNot: unless(replay.state === "paused", "It is not paused."),
      title: "Go on?",
      says: "It goes on where it was, as fast as before.",
      reason: "required",
      confirm: "Resume",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/replays/{replay_id}/resume", {
              params,
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "It goes on.",
        ),
    },
    {
      label: "Slower…",
      permission,
      whyNot: unless(
        MOVING.includes(replay.state) && !BULK[replay.mode],
        BULK[replay.mode] ? "It is done as fast as it can be." : "It does not move.",
      ),
      title: "Half as fast?",
      says: "Half the rate, with half as many under way.",
      reason: "required",
      confirm: "Slower",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/replays/{replay_id}/slower", {
              params,
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "Half as fast.",
        ),
    },
    {
      label: "Stop…",
      permission,
      isDangerous: true,
      whyNot: unless(true, ""),
      title: "Stop for good?",
      says: "Nothing more is sent. Dead letters that were not sent stay open.",
      reason: "required",
      confirm: "Stop",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/replays/{replay_id}/stop", {
              params,
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "Stopped.",
        ),
    },
  ];
}
