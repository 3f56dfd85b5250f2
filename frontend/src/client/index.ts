/** `@flowengine/client`: follow runs, lists and the inbox from any page; no framework, no dependency. */

export type { Json } from "./acts";
export type { Backoff } from "./backoff";
export { type Flow, flow, type InboxOptions } from "./flow";
export type { LiveInbox, Undo } from "./inbox";
export { FlowError, type FlowErrorCode, type Live, type Meta, type Status } from "./live";
export type { Inbox, Notice } from "./notices";
export type { FlowOptions, Runs } from "./page";
export type { Position } from "./protocol";
export type {
  Counts,
  Failure,
  ItemView,
  LineView,
  RunPart,
  RunState,
  RunStateName,
  RunSummary,
  StepState,
  StepStateName,
} from "./views";
