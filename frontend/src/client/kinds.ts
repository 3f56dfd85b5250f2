/** What a topic may be about: how its state is read, and what its entries do to it. */

import { runAfter } from "../model/reduce";
import { type Fields, fieldsIn, inCamelCase, named } from "./fields";
import { type Inbox, inboxAfter, listAfter, readInbox } from "./notices";
import { type RunState, type RunSummary, readRun } from "./views";

/**
 * An entry says of its type what part of the state is now, which takes the place of what was there: one
 * that comes twice does no harm. `after` gives null where it cannot be applied: then all is asked for.
 */
export interface Kind<T> {
  read(state: Fields): T;
  after(value: T, type: unknown, part: Fields): T | null;
}

export const RUN: Kind<RunState> = { read: readRun, after: runAfter };

export const INBOX: Kind<Inbox> = { read: readInbox, after: inboxAfter };

export const RUNS: Kind<readonly RunSummary[]> = {
  read: (state) => fieldsIn(state["runs"]).map((row) => named(inCamelCase(row))),
  after: (rows, type, part) => listAfter(rows, type, part, "createdAt"),
};
