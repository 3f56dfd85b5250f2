// @vitest-environment node
import { describe, expect, it } from "vitest";
import { MIXES, playAll } from "./run";

const SEEDS = 500;

describe("the simulation finds what it looks for", () => {
  it("a page that only looks for gaps stays stale where the last message is lost", () => {
    const { stale } = playAll(SEEDS, { ...MIXES.usual, telling: "no-heads" });

    expect(stale.length).toBeGreaterThan(SEEDS / 50);
  });

  it("plain publish and subscribe stays stale more often still", () => {
    const { stale } = playAll(SEEDS, { ...MIXES.usual, telling: "plain" });

    expect(stale.length).toBeGreaterThan(SEEDS / 10);
  });

  it("nothing is stale where only heads are missing and nothing is ever lost", () => {
    const faults = { ...MIXES.usual.faults, lost: 0, epochLost: 0 };

    const { stale } = playAll(SEEDS, { faults, telling: "no-heads" });

    expect(stale).toEqual([]);
  });
});
