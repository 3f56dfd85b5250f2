/** An id that somebody has pasted: where it stands in a text, what it may name, and where that is. */

import { api } from "../http/ask";
import type { Glyph } from "./glyphs";

/** As pages and logs write it, or without its hyphens, as some databases keep it. */
const ID =
  /(?<![0-9a-f])([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})(?![0-9a-f])/i;

/** The id in a text that was pasted; null where there is none. */
export function idIn(text: string): string | null {
  const [, ...parts] = ID.exec(text) ?? [];
  return parts.length > 0 ? parts.join("-").toLowerCase() : null;
}

/** Something that an id may name. */
export interface Kind {
  readonly says: string;
  readonly icon: Glyph;
  readonly permission: string;
  readonly isThere: (id: string) => Promise<boolean>;
  /** Where it is, below the dashboard's own. */
  readonly path: (id: string) => string;
}

/**
 * The filter for events that belong together by such an id. What they share is any text: written without
 * hyphens it is another one, and nobody knows which was meant.
 */
export function together(id: string): string {
  return `correlation:${id},${id.replaceAll("-", "")}`;
}

const answered = async (call: Promise<{ readonly response: Response }>) => (await call).response.ok;

/** What an id may name: whether there is such a thing, and where it leads. The likeliest stand first. */
export const KINDS: readonly Kind[] = [
  {
    says: "Run",
    icon: "runs",
    permission: "view_run",
    isThere: (id) => answered(api.GET("/runs/{run_id}", { params: { path: { run_id: id } } })),
    path: (id) => `runs/${id}`,
  },
  {
    says: "Event",
    icon: "events",
    permission: "view_eventrecord",
    isThere: (id) =>
      answered(api.GET("/events/{event_id}", { params: { path: { event_id: id } } })),
    path: (id) => `events/${id}`,
  },
  {
    says: "Cause of dead letters",
    icon: "dead",
    permission: "view_dead_letter",
    isThere: (id) =>
      answered(api.GET("/groups/{group_id}", { params: { path: { group_id: id } } })),
    path: (id) => `dead/${id}`,
  },
  {
    says: "Dead letter",
    icon: "dead",
    permission: "view_dead_letter",
    isThere: (id) =>
      answered(api.GET("/dead-letters/{letter_id}", { params: { path: { letter_id: id } } })),
    path: (id) => `dead/letters/${id}`,
  },
  {
    says: "Replay",
    icon: "replays",
    permission: "",
    isThere: (id) =>
      answered(api.GET("/replays/{replay_id}", { params: { path: { replay_id: id } } })),
    path: (id) => `replays/${id}`,
  },
  {
    says: "Worker",
    icon: "workers",
    permission: "view_workerrecord",
    isThere: async (id) => {
      const { data } = await api.GET("/workers", { params: { query: { limit: 200 } } });
      return data?.items.some((worker) => worker.id === id) ?? false;
    },
    path: () => "workers",
  },
  {
    says: "Events that belong together",
    icon: "events",
    permission: "view_eventrecord",
    isThere: async (id) => {
      const query = { q: together(id), limit: 1 };
      const { data } = await api.GET("/events", { params: { query } });
      return (data?.items.length ?? 0) > 0;
    },
    path: (id) => `events?q=${together(id)}`,
  },
];
