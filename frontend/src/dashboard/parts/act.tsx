/**
 * Acts: what can be done, why something cannot, and the question before it is.
 *
 * An act that is not possible is there all the same and says why: a button that is gone teaches nothing.
 * One dialog is one act: its key is made when it opens, so that a second click, or a click after a
 * broken line, does nothing twice. Closed without an answer, it leaves its key to the next that sends the
 * same; see `http/ask.ts`.
 */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { say } from "../state/announce";
import { may } from "../state/page";
import { Dialog } from "./dialog";
import { Menu, type MenuEntry } from "./menu";
import { ProblemNote } from "./problem";
import { ReasonField, useSending } from "./sending";

/** What a person has said in the dialog. */
export interface Given {
  /** Empty where none is asked for. */
  readonly reason: string;
  /** For the header `Idempotency-Key`: the same for each try of this act. */
  readonly key: string;
  /**
   * The id of what the act is about, made when it is first tried: the same for each further try, for
   * with another one it would be another act.
   */
  readonly once: (make: () => Promise<string>) => Promise<string>;
}

export interface Act {
  /** `Cancel…`: with dots where something is asked first. */
  readonly label: string;
  /** Of flowengine: `cancel_run`. */
  readonly permission?: string;
  /** Why it is not possible as things stand; empty or undefined = it is. */
  readonly whyNot?: string | undefined;
  readonly isDangerous?: boolean;
  /** The dialog's title: `Cancel this run?` */
  readonly title: string;
  /** What will happen, in words. */
  readonly says: ComponentChildren;
  readonly reason: "required" | "none";
  /** The button that does it: `Cancel the run`. */
  readonly confirm: string;
  /** Further fields; they are the caller's own state. */
  readonly fields?: ComponentChildren;
  /** Why it cannot be sent as the fields stand. */
  readonly incomplete?: string | undefined;
  /** Do it. What it gives is said: `The run is being cancelled.` Rejects with `Refused`. */
  readonly run: (given: Given) => Promise<string>;
}

/** Why the act is not possible; empty where it is. */
export function whyNot(act: Act): string {
  if (act.permission && !may(act.permission)) return `You need flowengine.${act.permission}.`;
  return act.whyNot ?? "";
}

interface ActsProps {
  readonly acts: readonly Act[];
  /** How many have a button of their own; the others are in a menu. */
  readonly buttons?: number;
  readonly menuLabel?: string;
  /** What is no act and stands in the menu too. */
  readonly more?: readonly MenuEntry[];
}

/** Buttons for the first acts that are possible, and a menu with the others. */
export function Acts({ acts, buttons = 1, menuLabel = "More", more = [] }: ActsProps) {
  const [open, setOpen] = useState<Act | null>(null);
  const shown = acts.filter((act) => whyNot(act) === "").slice(0, buttons);
  const entries: MenuEntry[] = acts
    .filter((act) => !shown.includes(act))
    .map((act) => ({
      label: act.label,
      whyNot: whyNot(act),
      isDangerous: act.isDangerous ?? false,
      run: () => setOpen(act),
    }));
  const current = open && (acts.find(({ label }) => label === open.label) ?? open);
  return (
    <div class="acts">
      {shown.map((act) => (
        <button key={act.label} type="button" class="button" onClick={() => setOpen(act)}>
          {act.label}
        </button>
      ))}
      {entries.length + more.length > 0 && (
        <Menu label={menuLabel} entries={[...entries, ...more]} />
      )}
      {current && <ActDialog act={current} onClose={() => setOpen(null)} />}
    </div>
  );
}

interface DialogProps {
  readonly act: Act;
  readonly onClose: () => void;
}

export function ActDialog({ act, onClose }: DialogProps) {
  const [key] = useState(() => crypto.randomUUID());
  const [reason, setReason] = useState("");
  const made = useRef("");
  const once = async (make: () => Promise<string>) => {
    made.current ||= await make();
    return made.current;
  };
  const { isSending, problem, send } = useSending();
  const missing = act.reason === "required" && reason.trim() === "" ? "Say why." : act.incomplete;

  const submit = async (event: Event) => {
    event.preventDefault();
    if (isSending || missing) return;
    say(`${act.confirm} …`);
    if (await send(() => act.run({ reason: reason.trim(), key, once }))) onClose();
  };
  return (
    <Dialog title={act.title} onClose={onClose}>
      <form class="act" onSubmit={submit}>
        <div class="act-says">{act.says}</div>
        {act.fields}
        {act.reason !== "none" && <ReasonField value={reason} onInput={setReason} />}
        {problem && <ProblemNote problem={problem} />}
        <footer class="act-foot">
          <span class="faint">{missing}</span>
          <button type="button" class="button" onClick={onClose}>
            Not now
          </button>
          <button
            type="submit"
            class="button"
            data-main={act.isDangerous ? "danger" : "accent"}
            disabled={isSending || !!missing}
          >
            {isSending ? "Sending …" : problem ? "Try again" : act.confirm}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
