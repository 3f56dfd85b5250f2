/** Acts upon a selection that send nothing: what they are called, and what of. */

interface Bulk {
  readonly title: string;
  /** Of flowengine: what doing it needs. */
  readonly permission: string;
  /** What is said of those that it fitted, and of those that it did not. */
  readonly done: string;
  readonly left: string;
}

/** By mode; a mode that is not here sends things through the line again. */
export const BULK: Readonly<Partial<Record<string, Bulk>>> = {
  discard: { title: "Discarding", permission: "discard", done: "discarded", left: "not open" },
  cancel: { title: "Cancelling", permission: "cancel_run", done: "cancelled", left: "had ended" },
  hold: { title: "Holding", permission: "hold_run", done: "held", left: "not at work" },
  release: { title: "Releasing", permission: "hold_run", done: "released", left: "not held" },
};
