/** The test that all mixes of faults have in common: nothing is stale in the end, whatever the seed. */

import { describe, expect, it } from "vitest";
import { MIXES, playAll } from "./run";

/** Histories of each mix. */
const SEEDS = Number(process.env["FLOWENGINE_TEST_SEEDS"] ?? 10_000);
const LIMIT_MS = 60 * SEEDS;

export function holdsFor(name: keyof typeof MIXES, healedMs: { p99: number; max: number }): void {
  describe(`a page through a time of faults (${name}), and calm after it`, () => {
    it(
      "shows what the server has, says that it is live, and never went back",
      () => {
        const { stale, doubted, wentBack, healedMs: took } = playAll(SEEDS, MIXES[name]);

        expect({ stale, doubted, wentBack }).toEqual({ stale: [], doubted: [], wentBack: [] });
        expect(took.p99).toBeLessThanOrEqual(healedMs.p99);
        expect(took.max).toBeLessThanOrEqual(healedMs.max);
      },
      LIMIT_MS,
    );
  });
}
