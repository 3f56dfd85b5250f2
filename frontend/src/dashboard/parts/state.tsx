/** How a thing stands: icon, word and colour. One word for one thing, on every screen. */

import { type Glyph, Icon } from "./glyphs";

/** The colours of states; `styles/tokens.css` has one for each. */
export type Tone = "plain" | "work" | "wait" | "retry" | "held" | "good" | "bad" | "undo" | "dead";

export interface Look {
  readonly icon: Glyph;
  readonly word: string;
  readonly tone: Tone;
}

const look = (icon: Glyph, word: string, tone: Tone): Look => ({ icon, word, tone });

/** Every state of runs, steps, events, dead letters, groups and replays by the name it has in the API. */
const LOOKS: Readonly<Record<string, Look>> = {
  queued: look("queued", "queued", "plain"),
  pending: look("queued", "to come", "plain"),
  ready: look("queued", "queued", "plain"),
  running: look("running", "running", "work"),
  waiting: look("waiting", "waiting", "wait"),
  retrying: look("retrying", "retrying", "retry"),
  rescuing: look("retrying", "rescuing", "retry"),
  held: look("held", "held", "held"),
  paused: look("held", "paused", "held"),
  succeeded: look("done", "done", "good"),
  done: look("done", "done", "good"),
  rescued: look("done", "rescued", "good"),
  resolved: look("done", "resolved", "good"),
  routed: look("done", "routed", "good"),
  skipped: look("skipped", "skipped", "plain"),
  not_reached: look("skipped", "not reached", "plain"),
  failed: look("failed", "failed", "bad"),
  undo_failed: look("failed", "undo failed", "bad"),
  regressed: look("failed", "regressed", "bad"),
  compensating: look("undoing", "compensating", "undo"),
  undoing: look("undoing", "compensating", "undo"),
  undone: look("undoing", "compensated", "undo"),
  cancelling: look("cancelled", "cancelling", "plain"),
  cancelled: look("cancelled", "cancelled", "plain"),
  stopped: look("cancelled", "stopped", "plain"),
  discarded: look("cancelled", "discarded", "plain"),
  expired: look("waiting", "expired", "plain"),
  dead: look("dead", "dead-lettered", "dead"),
  open: look("dead", "open", "dead"),
};

/** A state of a newer server has no look of its own: its name is shown. */
export function lookOf(state: string): Look {
  return LOOKS[state] ?? { icon: "queued", word: state.replaceAll("_", " "), tone: "plain" };
}

/** Runs in these states have ended. */
export const FINAL: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "expired"]);

/** Things go through these, some many times a minute: what should rest does not say them. */
export const PASSING: ReadonlySet<string> = new Set([
  ...["queued", "pending", "ready", "running", "waiting", "retrying", "rescuing", "canary"],
  ...["compensating", "undoing", "cancelling", "published", "replaying"],
]);

interface Props {
  /** As the API names it: `compensating`. */
  readonly of: string;
  /** Said in place of its word. */
  readonly word?: string | undefined;
}

export function State({ of, word }: Props) {
  const { icon, word: own, tone } = lookOf(of);
  return (
    <span class="state" data-tone={tone} data-state={of}>
      <Icon of={icon} />
      <span>{word ?? own}</span>
    </span>
  );
}
