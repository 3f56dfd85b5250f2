import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Announce = typeof import("../../src/dashboard/state/announce");

let announce: Announce;
let said: string[];
let watch: MutationObserver;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  document.body.innerHTML = '<p id="flow-polite"></p><p id="flow-urgent"></p>';
  announce = await import("../../src/dashboard/state/announce");
  said = [];
  const polite = document.getElementById("flow-polite");
  watch = new MutationObserver(() => said.push(polite?.textContent ?? ""));
  if (polite) watch.observe(polite, { childList: true, characterData: true, subtree: true });
});

afterEach(() => {
  watch.disconnect();
  document.body.replaceChildren();
  vi.useRealTimers();
});

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("what is announced politely", () => {
  it("is one sentence in five seconds, of what passes the newest", async () => {
    for (const place of ["Runs", "Events", "Audit"]) announce.say(place);
    await later(4_999);
    expect(said).toEqual(["Runs"]);

    await later(1);
    announce.say("Floor");
    await later(4_999);

    expect(said).toEqual(["Runs", "Audit"]);
    await later(1);
    expect(said).toEqual(["Runs", "Audit", "Floor"]);
  });

  it("is all that has ended, each end once, whatever else is said", async () => {
    announce.say("Runs");
    announce.sayEnd("Order 1: failed.");
    announce.say("Events");
    announce.sayEnd("Order 2: done.");
    announce.say("Live again.");

    await later(20_000);

    expect(said).toEqual(["Runs", "Order 1: failed. Order 2: done. Live again."]);
  });

  it("is heard again where the same words are said again", async () => {
    announce.say("Live again.");
    await later(5_000);
    announce.say("Live again.");
    await later(0);

    expect(said.map((text) => text.trim())).toEqual(["Live again.", "Live again."]);
    expect(said[0]).not.toBe(said[1]);
  });

  it("is where one has come, whatever passes meanwhile", async () => {
    announce.sayPlace("Runs");
    announce.sayPlace("Audit");
    announce.say("Live again.");

    await later(5_000);

    expect(said).toEqual(["Runs", "Audit Live again."]);
  });

  it("is no beginning of what was said to have ended", async () => {
    announce.say("Runs");
    announce.say("Cancel the run …");
    announce.sayNow("Order 17: cancelled.");

    await later(10_000);

    expect(said).toEqual(["Runs"]);
  });

  it("keeps nothing urgent waiting", () => {
    announce.say("Runs");

    announce.sayNow("The id was copied.");

    expect(document.getElementById("flow-urgent")?.textContent).toBe("The id was copied.");
  });
});
