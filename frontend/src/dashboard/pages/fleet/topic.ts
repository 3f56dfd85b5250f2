/** Who works and what waits for them, as the topic `workers` tells it. */

import { type Fields, fieldsIn, hasText } from "../../../client/fields";
import type { Kind } from "../../../client/kinds";
import type { Told } from "../../http/ask";
import { topics } from "../../state/live";

/** Without what only the API says: what the breaker's errors were. */
export type Queue = Told["StationTold"];
export type Worker = Omit<Told["WorkerTold"], "seen_at"> & {
  /** Said only of one that is silent. */
  readonly seen_at: string | null;
};

export interface Fleet {
  readonly workers: readonly Worker[];
  readonly queues: readonly Queue[];
}

export const FLEET: Kind<Fleet> = {
  read: (state) => ({
    workers: fieldsIn(state["workers"]).filter(isWorker),
    queues: fieldsIn(state["queues"]).filter(isQueue),
  }),
  after(fleet, type, part) {
    switch (type) {
      case "worker":
        return isWorker(part)
          ? { ...fleet, workers: put(fleet.workers, part, ({ id }) => id) }
          : null;
      case "queue":
        return isQueue(part)
          ? { ...fleet, queues: put(fleet.queues, part, ({ name }) => name) }
          : null;
      case "gone":
        return part["what"] === "worker"
          ? { ...fleet, workers: fleet.workers.filter(({ id }) => id !== part["id"]) }
          : { ...fleet, queues: fleet.queues.filter(({ name }) => name !== part["id"]) };
      case "workers":
        return fleet; // what is to be seen to is the floor's to show
      default:
        return null;
    }
  },
};

/** The one topic of its kind. */
export const fleet = topics(FLEET)("workers");

/** With the one in the place of its like; a new one at the end. */
function put<T>(all: readonly T[], one: T, idOf: (one: T) => string): readonly T[] {
  const at = all.findIndex((each) => idOf(each) === idOf(one));
  return at < 0 ? [...all, one] : all.with(at, one);
}

function isWorker(value: Fields): value is Fields & Worker {
  return hasText(value, "id") && hasText(value, "name") && Array.isArray(value["now"]);
}

function isQueue(value: Fields): value is Fields & Queue {
  return hasText(value, "name") && hasText(value, "door");
}
