/** Numbers of what is counted only up to a limit. */

/** As the server counts: steps that are ready at a station; open runs of a workflow, or of a version. */
export const READY_MAX = 10_000;
export const OPEN_RUNS_MAX = 1_000;

/** `12`, or `10,000+` where it may be more. */
export function counted(count: number, max: number): string {
  return `${count.toLocaleString("en")}${count >= max ? "+" : ""}`;
}
