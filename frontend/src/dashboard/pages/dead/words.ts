/** Causes in words: what a group is called, and the small pictures of when it happened. */

import type { Told } from "../../http/ask";

export type Group = Told["ListedGroupTold"];

interface Named {
  readonly kind: string;
  readonly code: string;
  readonly error_type: string;
  readonly title?: string | undefined;
}

/** What is known of the error: its class and, for who may see texts, its message. */
export function causeOf({ kind, code, error_type: type, title }: Named): string {
  const name = type.slice(type.lastIndexOf(".") + 1);
  return [name, title || (name ? "" : code)].filter(Boolean).join(": ") || kind;
}

/** A cause without what the error says, which may quote payload: for what outlives its page. */
export function plainName(cause: Named & { readonly step: string }): string {
  const name = causeOf({ ...cause, title: "" });
  return cause.step ? `${name}, step ${cause.step}` : name;
}

/** A letter: its kind, and of which workflow. */
export function letterName({ kind, workflow }: { kind: string; workflow: string }): string {
  return workflow ? `${kind}: ${workflow}` : kind;
}

/** Where: the step and the line of the project's own code. */
export function placeOf({ step, place }: { step: string; place: string }): string {
  return [step && `step ${step}`, place].filter(Boolean).join(" · ");
}

/** Heights of bars, 0 to 1, by the square root: one is to be seen beside a thousand. */
export function heights(counts: readonly number[]): readonly number[] {
  const most = Math.sqrt(Math.max(1, ...counts));
  return counts.map((count) => (count > 0 ? Math.max(0.15, Math.sqrt(count) / most) : 0));
}

/** `1 dead letter`, `38 dead letters`. */
export function letters(count: number): string {
  return `${count.toLocaleString("en")} dead ${count === 1 ? "letter" : "letters"}`;
}
