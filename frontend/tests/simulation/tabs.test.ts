// @vitest-environment node
import { describe, expect, it } from "vitest";
import { agrees } from "./parts";
import { MIXES } from "./run";
import { ModelServer } from "./server";
import { Browser, type Tab } from "./tabs";
import { World } from "./world";

const SEEDS = Number(process.env["FLOWENGINE_TEST_SEEDS"] ?? 2_000);
const NAMES = ["one", "two", "three", "four"];

function agree(server: ModelServer, tabs: readonly Tab[]): boolean {
  return tabs.every((tab) => tab.topics.every((topic) => topic.isLive && agrees(server, topic)));
}

/** The time until all tabs show what the server has, ms. */
function untilAllAgree(server: ModelServer, browser: Browser): number {
  const { world } = server;
  const from = world.now;
  while (!agree(server, browser.tabs)) {
    world.runUntil(world.now + 20);
    if (world.now > from + 60_000) throw new Error("never");
  }
  return world.now - from;
}

function opened(seed: number, tabs: number): [ModelServer, Browser] {
  const server = new ModelServer(new World(seed), null);
  const browser = new Browser(server);
  for (let n = 0; n < tabs; n += 1) {
    browser.open([NAMES[n % NAMES.length] ?? "one", "all"]);
    server.world.runUntil(server.world.now + 50 * server.world.random());
  }
  server.write("all");
  untilAllAgree(server, browser);
  return [server, browser];
}

describe("ten tabs of one user", () => {
  it("have one socket, and each is told what it watches", () => {
    const [server, browser] = opened(1, 10);

    for (const name of NAMES) server.write(name);
    server.write("all");
    server.world.runUntil(server.world.now + 100);

    expect(server.sockets.size).toBe(1);
    expect(agree(server, browser.tabs)).toBe(true);
  });

  it("miss nothing and wait two seconds at most when the leader is killed", () => {
    const gaps = Array.from({ length: 200 }, (_, seed) => {
      const [server, browser] = opened(seed, 10);
      if (browser.leader !== null) browser.kill(browser.leader);
      for (const name of ["one", "all"]) server.write(name);
      const gap = untilAllAgree(server, browser);
      expect([browser.tabs.length, server.sockets.size]).toEqual([9, 1]);
      return gap;
    });

    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
  });

  it("are led by one that is seen", () => {
    const [server, browser] = opened(3, 10);
    const first = browser.leader;

    for (const tab of browser.tabs) tab.look(true);
    server.world.runUntil(server.world.now + 1_000);
    expect(browser.leader).toBe(first);
    const seen = browser.tabs[7];
    seen?.look(false);
    server.world.runUntil(server.world.now + 1_000);

    expect(browser.leader).toBe(seen);
    expect(server.sockets.size).toBe(1);
    expect(agree(server, browser.tabs)).toBe(true);
  });

  it("find another leader when theirs sleeps and somebody looks", () => {
    const [server, browser] = opened(4, 10);
    const { leader } = browser;
    if (leader === null) throw new Error("nobody leads");
    leader.isFrozen = true;
    server.write("all");
    for (const tab of browser.tabs) if (tab !== leader) tab.look(false);
    const awake = browser.tabs.filter((tab) => tab !== leader);
    server.world.runUntil(server.world.now + 4_000);
    expect(agree(server, awake)).toBe(true);

    leader.thaw();
    server.world.runUntil(server.world.now + 20_000);

    expect(agree(server, browser.tabs)).toBe(true);
    expect(server.sockets.size).toBe(1);
  });

  it("are all told when one is signed out", () => {
    const [server, browser] = opened(5, 10);
    server.isSignedOut = true;
    for (const socket of [...server.sockets]) socket.cut(4401);

    server.world.runUntil(server.world.now + 5_000);

    const ends = browser.tabs.map((tab) => tab.topics[0]?.failure?.code);
    expect(new Set(ends)).toEqual(new Set(["auth"]));
  });
});

describe("tabs that come, go, sleep and are killed while sockets are cut", () => {
  it("agree with the server in the end, over one socket", () => {
    const stale: number[] = [];
    const crowded: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { server, browser } = stormOf(seed);
      if (!agree(server, browser.tabs)) stale.push(seed);
      if (server.sockets.size > 1) crowded.push(seed);
    }

    expect({ stale, crowded }).toEqual({ stale: [], crowded: [] });
  }, 240_000);
});

/** Twenty seconds in which anything may happen to three tabs or so, and then calm. */
function stormOf(seed: number): { server: ModelServer; browser: Browser } {
  const world = new World(seed);
  const { faults } = MIXES.usual;
  const server = new ModelServer(world, faults);
  const browser = new Browser(server);
  const some = () => browser.tabs[Math.trunc(world.random() * browser.tabs.length)];
  for (let n = 0; n < 3; n += 1) browser.open([NAMES[n] ?? "one", "all"]);
  while (world.now < 20_000) {
    world.runUntil(world.now + world.between(200, 1_000));
    server.write(world.chance(0.5) ? "all" : (NAMES[Math.trunc(4 * world.random())] ?? "one"));
    const tab = some();
    const what = world.random();
    if (world.chance(0.05)) server.strike(faults);
    if (tab === undefined || what < 0.08) browser.open([NAMES[3] ?? "one", "all"]);
    else if (what < 0.15) browser.kill(tab);
    else if (what < 0.24) tab.look(!tab.isHidden);
    else if (what < 0.29) tab.isFrozen = true;
    else if (what < 0.5) tab.thaw();
  }
  server.faults = null;
  for (const name of [...NAMES, "all"]) server.write(name);
  for (const tab of browser.tabs) tab.thaw();
  world.runUntil(world.now + 60_000);
  return { server, browser };
}
