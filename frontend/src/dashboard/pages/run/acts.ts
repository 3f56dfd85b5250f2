/** What can be done with a run, and why something cannot as it stands. */

import { api, got, keyed, type Told } from "../../http/ask";
import type { Act } from "../../parts/act";
import { FINAL, lookOf } from "../../parts/state";
import { to } from "../../state/page";
import { cancel, freeze } from "../runs/bulk";

interface Doing {
  readonly id: string;
  readonly state: string;
  /** Something was done. */
  readonly onDone: () => void;
  readonly route: (url: string) => void;
}

export function runActs({ id, state, onDone, route }: Doing): readonly Act[] {
  const isOver = FINAL.has(state);
  const { word } = lookOf(state);
  const done = async (acted: Promise<Told["Acted"]>, what: string) => {
    const { state: now } = await acted;
    onDone();
    return `${what}. It is ${lookOf(now).word}.`;
  };
  const path = { run_id: id };
  return [
    {
      label: "Resume…",
      permission: "resume_run",
      whyNot: ["failed", "held"].includes(state)
        ? ""
        : `It is ${word}: only what failed or is held can be resumed.`,
      title: "Resume this run?",
      says: "It goes on where it failed, with the same version and the same inputs. What has succeeded is not done again.",
      reason: "required",
      confirm: "Resume the run",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/runs/{run_id}/resume", {
              params: { path },
              body: { reason, is_done: false, skip: false },
              headers: keyed(key),
            }),
          ),
          "Resumed",
        ),
    },
    {
      label: "Cancel…",
      permission: "cancel_run",
      isDangerous: true,
      whyNot: isOver
        ? `It is ${word}: it has ended.`
        : state === "cancelling"
          ? "It is being cancelled already."
          : "",
      title: "Cancel this run?",
      says: "What runs is told to stop; what was done and can be undone is undone.",
      reason: "required",
      confirm: "Cancel the run",
      run: ({ reason, key }) => done(cancel(id, reason, key), "Told to stop"),
    },
    {
      label: "Give up…",
      permission: "resume_run",
      isDangerous: true,
      whyNot: state === "held" ? "" : `It is ${word}: only a held run can be given up.`,
      title: "Give this run up?",
      says: "It is held no longer: what is to be undone is, and then it fails.",
      reason: "required",
      confirm: "Give it up",
      run: ({ reason, key }) =>
        done(
          got(
            api.POST("/runs/{run_id}/give-up", {
              params: { path },
              body: { reason },
              headers: keyed(key),
            }),
          ),
          "Given up",
        ),
    },
    {
      label: "Replay…",
      permission: "replay",
      whyNot: isOver ? "" : `It is ${word}: a replay is of what has ended.`,
      title: "Replay this run?",
      says: "The next page asks how, and shows what would be done again. Nothing is sent before that.",
      reason: "none",
      confirm: "Go on",
      run: async () => {
        const { id: selection } = await freeze(`id:${id}`);
        route(to("replays/new", { selection }));
        return "Frozen for a replay.";
      },
    },
  ];
}

/** The same by the command line. */
export function asCommand(id: string): string {
  return `python manage.py flow run ${id} --follow`;
}
