/** Asking over HTTP, for where no socket can be opened: the answer is a frame of the same protocol. */

import { type Frame, type Position, parseFrame } from "./protocol";

/** The frame that answers for `topic`; null where there was no answer. Never rejects. */
export type Poll = (topic: string, position: Position | null) => Promise<Frame | null>;

/** `urlOf` gives the JSON URL of a topic, or null where the page does not know it. */
export function httpPoll(urlOf: (topic: string) => string | null): Poll {
  return async (topic, position) => {
    const path = urlOf(topic);
    if (path === null) return null;
    const query =
      position === null ? "" : `?e=${encodeURIComponent(position.epoch)}&o=${position.number}`;
    try {
      const response = await fetch(path + query, {
        headers: { accept: "application/json" },
        credentials: "same-origin",
      });
      // 401 and 404 carry a frame as well; a page of HTML from a proxy is no answer.
      return parseFrame(await response.text());
    } catch {
      return null;
    }
  };
}
