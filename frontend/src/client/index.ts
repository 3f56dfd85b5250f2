/** The live client: no framework, no DOM beyond the socket and the page's own events. */

export { BACKOFF, type Backoff, delayBefore } from "./backoff";
export { connectionTo, pollAt } from "./browser";
export { type Verdict, verdictOf } from "./codes";
export {
  Connection,
  type ConnectionOptions,
  type ConnectionState,
  type Environment,
  type Watch,
} from "./connection";
export { httpPoll, type Poll } from "./poll";
export { type Entry, type Frame, FrameError, type Position, parseFrame } from "./protocol";
export { type End, type Listener, Subscription } from "./subscription";
export { type Link, type Transport, type TransportEvents, WebSocketTransport } from "./transport";
export type {
  Counts,
  ItemView,
  LineView,
  RunPart,
  RunState,
  RunView,
  StepState,
  StepView,
  Why,
} from "./views";
