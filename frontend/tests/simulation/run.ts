/** One history: a page that watches three topics through a time of faults, and then of calm. */

import { Connection } from "../../src/client/connection";
import { Topic } from "../../src/client/topic";
import { agrees, PARTS, type Parts } from "./parts";
import { type Faults, ModelServer, type Telling } from "./server";
import { World } from "./world";

export interface Mix {
  readonly faults: Faults;
  readonly heartbeatMs?: number;
  readonly telling?: Telling;
  /** Somebody comes back to the tab when the faults end. */
  readonly isLookedAt?: boolean;
}

export interface Outcome {
  /** Still wrong after the calm. */
  readonly isStale: boolean;
  /** All that is shown is called live. */
  readonly isLive: boolean;
  /** From the end of the faults until all that is shown was right, and stayed so, ms. */
  readonly healedMs: number;
  /** Some number shown went down while its epoch was the same. */
  readonly wentBack: boolean;
}

const CHAOS_MS = 20_000;
const CALM_MS = 40_000;
const WRITE_MS = 400;
const STRIKE_MS = 4_000;
const TOPICS = ["one", "two", "three"];

const USUAL: Faults = {
  lost: 0.03,
  doubled: 0.03,
  late: 0.05,
  connectFails: 0.1,
  cut: 0.35,
  halfDead: 0.12,
  epochLost: 0.03,
};

export const MIXES = {
  usual: { faults: USUAL },
  harsh: {
    faults: { ...USUAL, lost: 0.3, doubled: 0.2, late: 0.4, halfDead: 0.3, epochLost: 0.15 },
  },
  "looked at": { faults: USUAL, isLookedAt: true },
  "every close is seen": { faults: { ...USUAL, halfDead: 0 }, heartbeatMs: 3_000 },
} as const satisfies Record<string, Mix>;

export function play(seed: number, mix: Mix): Outcome {
  const world = new World(seed);
  const { heartbeatMs = 5_000, telling = "everything" } = mix;
  const server = new ModelServer(world, mix.faults, { heartbeatMs, telling });
  const connection = new Connection({ transport: server, environment: world.environment() });
  const topics = TOPICS.map((name) => new Topic(name, PARTS, connection));
  let wrongUntil = 0;
  let wentBack = false;
  const look = () => {
    if (!topics.every((topic) => agrees(server, topic))) wrongUntil = world.now;
  };
  for (const topic of topics) {
    topic.listen(
      guarded(topic, () => {
        wentBack = true;
      }),
    );
  }
  const every = (ms: number, action: () => void) =>
    world.after(ms, () => {
      if (world.now >= CHAOS_MS) return;
      action();
      every(ms, action);
    });
  every(WRITE_MS, () => server.write(TOPICS[Math.trunc(3 * world.random())] ?? "one"));
  every(STRIKE_MS, () => server.strike(mix.faults));
  world.runUntil(CHAOS_MS);
  // The last thing that happens, to each: its end. It may be the one that is lost.
  for (const name of TOPICS) server.write(name);
  server.faults = null;
  if (mix.isLookedAt) connection.wake();
  // Wrong until just before it is first seen right; looked at every tenth of a second.
  for (let at = CHAOS_MS; at < CHAOS_MS + CALM_MS; at += 100) {
    world.runUntil(at);
    look();
    if (wrongUntil < at && at > wrongUntil + 20_000) break;
  }
  const isStale = !topics.every((topic) => agrees(server, topic));
  const isLive = topics.every((topic) => topic.isLive);
  return { isStale, isLive, healedMs: Math.max(0, wrongUntil + 100 - CHAOS_MS), wentBack };
}

/** Calls `wrong` when the number of a topic goes down within an epoch. */
function guarded(topic: Topic<Parts>, wrong: () => void): () => void {
  let before = topic.position;
  return () => {
    const { position } = topic;
    if (before && position?.epoch === before.epoch && position.offset < before.offset) wrong();
    before = position;
  };
}

/** What became of many seeds: those that were stale, lied or went back, and how long it took to heal. */
export interface Outcomes {
  readonly stale: readonly number[];
  /** Right, and not called live. */
  readonly doubted: readonly number[];
  readonly wentBack: readonly number[];
  readonly healedMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export function playAll(seeds: number, mix: Mix): Outcomes {
  const stale: number[] = [];
  const doubted: number[] = [];
  const wentBack: number[] = [];
  const healed: number[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const outcome = play(seed, mix);
    if (outcome.isStale) stale.push(seed);
    else healed.push(outcome.healedMs);
    if (!outcome.isStale && !outcome.isLive) doubted.push(seed);
    if (outcome.wentBack) wentBack.push(seed);
  }
  healed.sort((a, b) => a - b);
  const at = (share: number) => healed[Math.trunc(share * (healed.length - 1))] ?? 0;
  return { stale, doubted, wentBack, healedMs: { p50: at(0.5), p99: at(0.99), max: at(1) } };
}
