/** The public door of the client. */

import { type Flow, type FlowOptions, pageOf } from "./page";

/** What a page follows and does; the same options give the same one. */
export function flow(options?: FlowOptions): Flow {
  return pageOf(options);
}
