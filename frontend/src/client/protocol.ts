/**
 * The frames of the live socket. What comes in is `unknown` until `parseFrame` has looked at it; what a
 * topic's state holds is read by its kind. The names are those of the wire and of
 * `flowengine/live/protocol.py`: `c` topic, `e` epoch, `o` offset, `f` first, `g` grant.
 */

import { checked, type Fields, hasText } from "./fields";

/** Where a client stands in a topic; offsets mean something within one epoch only. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

export const NOWHERE: Position = { epoch: "", offset: 0 };

type Head = readonly [epoch: string, offset: number];

export type Frame =
  | { readonly t: "hello"; readonly hb: number }
  | {
      readonly t: "snap";
      readonly c: string;
      readonly e: string;
      readonly o: number;
      readonly s: Fields;
    }
  | Changes
  | {
      readonly t: "hb";
      /** Ms since 1970, by the server's clock. */
      readonly ts: number;
      /** By topic; null = pending. The whole is null where the server could not ask its database. */
      readonly h: Readonly<Record<string, Head | null>> | null;
      /** The answer to a ping: for how many ms that was held until `ts`. */
      readonly q?: number;
    }
  | { readonly t: "pending"; readonly c: string }
  | { readonly t: "grant"; readonly c: string; readonly g: string }
  | { readonly t: "end"; readonly c: string; readonly outcome: string; readonly message: string }
  | { readonly t: "err"; readonly c: string | null; readonly code: string };

export interface Changes {
  readonly t: "pub";
  readonly c: string;
  readonly e: string;
  readonly f: number;
  readonly o: number;
  /** When the newest of it was committed, ms since 1970, by the server's clock. */
  readonly at?: number | null;
  readonly d: readonly Fields[];
}

/** The frame that `json` is. Throws `FlowError`. */
export function parseFrame(json: string): Frame {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // Is no frame.
  }
  return checked(value, isFrame);
}

// Looked at is what would do harm if it were something else; the rest is the server's word.
const isFrame = (value: unknown): value is Frame =>
  hasText(value, "t") &&
  ["f", "o", "hb", "ts", "q"].every((name) => Number.isFinite(value[name] ?? 0));

/** Watch these topics, each from its position; null = from nothing. */
export function subscribeFrame(
  positions: readonly (readonly [topic: string, from: Position | null])[],
  grants: readonly string[],
): string {
  const wire = positions.map(([c, at]) => [c, at && { e: at.epoch, o: at.offset }] as const);
  return JSON.stringify({ t: "subs", m: Object.fromEntries(wire), g: grants[0] && grants });
}

export function unsubscribeFrame(m: readonly string[]): string {
  return JSON.stringify({ t: "unsubs", m });
}
