import { describe, expect, it } from "vitest";
import { FLEET } from "../../src/dashboard/pages/fleet/topic";

const worker = { id: "w1", name: "w", now: [] };
const queue = { name: "mail", door: "open" };
const fleet = FLEET.read({ workers: [worker, { id: 7 }], queues: [queue, null] });

describe("what the topic of the workers tells", () => {
  it("leaves out what is no worker and no queue", () => {
    expect(fleet).toEqual({ workers: [worker], queues: [queue] });
  });

  it("puts a changed one into its place, and a new one at the end", () => {
    const paused = { name: "mail", door: "paused" };
    const other = { name: "slow", door: "open" };
    const changed = FLEET.after(fleet, "queue", paused);
    expect(changed?.queues).toEqual([paused]);
    expect(changed && FLEET.after(changed, "queue", other)?.queues).toEqual([paused, other]);
    expect(FLEET.after(fleet, "worker", { ...worker, busy: 1 })?.workers).toEqual([
      { ...worker, busy: 1 },
    ]);
  });

  it("takes away who has gone", () => {
    expect(FLEET.after(fleet, "gone", { what: "worker", id: "w1" })?.workers).toEqual([]);
    expect(FLEET.after(fleet, "gone", { what: "queue", id: "mail" })?.queues).toEqual([]);
  });

  it("asks for everything again where it does not understand", () => {
    expect(FLEET.after(fleet, "wagon", {})).toBe(null);
    expect(FLEET.after(fleet, "worker", { id: "w1" })).toBe(null);
  });
});
