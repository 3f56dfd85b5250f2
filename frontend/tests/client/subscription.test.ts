import { beforeEach, describe, expect, it } from "vitest";
import { type Entry, type Position, parseFrame } from "../../src/client/protocol";
import { type End, type Listener, Subscription } from "../../src/client/subscription";
import type { RunView } from "../../src/client/views";
import { changes, heartbeat, snapshot, succeeded, TOPIC } from "../fakes/frames";

class Heard implements Listener {
  views: RunView[] = [];
  entries: string[] = [];
  ends: End[] = [];
  epochs: boolean[] = [];
  pendings = 0;
  link: [boolean, number | null][] = [];
  canApply = true;

  snapshot(view: RunView, isNewEpoch: boolean): void {
    this.views.push(view);
    this.epochs.push(isNewEpoch);
  }
  changes(entries: readonly Entry[]): boolean {
    const names = entries.map((entry) => ("step" in entry ? entry.step.id : entry.kind));
    if (this.canApply) this.entries.push(...names);
    return this.canApply;
  }
  pending(): void {
    this.pendings += 1;
  }
  ended(end: End): void {
    this.ends.push(end);
  }
  freshness(isLive: boolean, asOf: number | null): void {
    this.link.push([isLive, asOf]);
  }
}

let heard: Heard;
let asked: (Position | null)[];
let subscription: Subscription;

function watching(position: Position | null): void {
  heard = new Heard();
  asked = [];
  subscription = new Subscription(TOPIC, position, heard, (from) => asked.push(from));
}

function say(frame: object, now = 0): void {
  subscription.receive(parseFrame(JSON.stringify(frame)), now);
}

const AT_FIVE = { epoch: "7f3", number: 5 };

describe("frames that arrive in any order and number", () => {
  beforeEach(() => watching(AT_FIVE));

  it("that follow are applied", () => {
    say(changes(6, 7, [succeeded("reserve"), succeeded("ship")]));

    expect(heard.entries).toEqual(["reserve", "ship"]);
    expect(subscription.position).toEqual({ epoch: "7f3", number: 7 });
  });

  it("that are old are dropped, and still confirm", () => {
    say(changes(3, 5, [succeeded("reserve")]), 17);

    expect(heard.entries).toEqual([]);
    expect(heard.link).toEqual([[true, 17]]);
  });

  it("that overlap are applied: what they say is true as of their end", () => {
    say(changes(4, 7, [succeeded("a"), succeeded("b")]));

    expect(heard.entries).toEqual(["a", "b"]);
    expect(subscription.position?.number).toBe(7);
  });

  it("that leave a gap are not applied: what is missing is asked for, once", () => {
    say(changes(8, 8, [succeeded("ship")]));
    say(changes(9, 9, [succeeded("ship")]));

    expect(heard.entries).toEqual([]);
    expect(asked).toEqual([AT_FIVE]);
  });

  it("of another epoch are not applied: everything is asked for", () => {
    say(changes(6, 6, [succeeded("ship")], "9aa"));

    expect(asked).toEqual([null]);
  });

  it("of a kind that is not known lead to a snapshot", () => {
    say(changes(6, 6, [{ t: "dream" }]));

    expect(asked).toEqual([null]);
    expect(subscription.position).toEqual(AT_FIVE);
  });

  it("that do not fit what is shown lead to a snapshot", () => {
    heard.canApply = false;

    say(changes(6, 6, [succeeded("of another workflow")]));

    expect(asked).toEqual([null]);
  });

  it("with a head that skips numbers are applied", () => {
    say(changes(6, 9, [succeeded("reserve")]));

    expect(subscription.position?.number).toBe(9);
  });

  it("shuffled and doubled end in the last position", () => {
    const frames = [6, 7, 8, 9].map((n) => changes(n, n, [succeeded(`at ${n}`)]));
    for (const frame of [frames[1], frames[0], frames[0], frames[3], frames[2], frames[1]]) {
      if (frame !== undefined) say(frame);
    }
    say(changes(7, 9, [succeeded("at 9")]));

    expect(subscription.position?.number).toBe(9);
    expect(heard.entries).toEqual([...new Set(heard.entries)].sort());
    expect(heard.entries.at(-1)).toBe("at 9");
  });
});

describe("a snapshot", () => {
  it("that was not asked for and is old undoes nothing", () => {
    watching({ epoch: "7f3", number: 9 });
    say(snapshot(5));

    expect(heard.views).toEqual([]);
    expect(subscription.position?.number).toBe(9);
  });

  it("that was asked for counts, even with a lower number", () => {
    watching({ epoch: "7f3", number: 9 });
    subscription.resume();
    say(snapshot(5));

    expect(subscription.position?.number).toBe(5);
  });

  it("of another epoch counts, and says so", () => {
    watching({ epoch: "7f3", number: 9 });
    say(snapshot(2, {}, "9aa"));

    expect(heard.epochs).toEqual([true]);
    expect(subscription.position).toEqual({ epoch: "9aa", number: 2 });
  });
});

describe("a heartbeat", () => {
  beforeEach(() => watching(AT_FIVE));

  it("that names the own head confirms what is shown", () => {
    say(heartbeat(["7f3", 5]), 42);

    expect(heard.link).toEqual([[true, 42]]);
    expect(asked).toEqual([]);
  });

  it("that names a higher head shows that the last frame was lost", () => {
    say(heartbeat(["7f3", 6]));

    expect(asked).toEqual([AT_FIVE]);
    expect(heard.link).toEqual([]);
  });

  it("asks again for what did not come", () => {
    say(heartbeat(["7f3", 6]));
    say(heartbeat(["7f3", 6]));

    expect(asked).toEqual([AT_FIVE, AT_FIVE]);
  });

  it("of another epoch asks for everything", () => {
    say(heartbeat(["9aa", 1]));

    expect(asked).toEqual([null]);
  });

  it("without a word on the topic, or from a blind server, confirms nothing", () => {
    say(heartbeat(undefined));
    say({ t: "hb", ts: 0, h: null });
    say(heartbeat(null));

    expect([heard.link, asked]).toEqual([[], []]);
  });
});

describe("a run that is not there yet", () => {
  beforeEach(() => watching(null));

  it("is pending, and that is confirmed by heartbeats", () => {
    say({ t: "pending", c: TOPIC }, 1);
    say(heartbeat(null), 2);

    expect(heard.pendings).toBe(1);
    expect(heard.link).toEqual([
      [true, 1],
      [true, 2],
    ]);
  });

  it("appears", () => {
    say({ t: "pending", c: TOPIC });
    say(snapshot(2));

    expect(heard.views).toHaveLength(1);
  });

  it("is known never to come", () => {
    say({ t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." });
    say(snapshot(2));

    expect(heard.ends).toEqual([
      { kind: "no-run", outcome: "no_match", message: "There was nothing to do." },
    ]);
    expect(heard.views).toEqual([]);
  });
});

describe("a view that may not be shown any more", () => {
  beforeEach(() => watching(AT_FIVE));

  it("is not live when the server calls it pending", () => {
    say({ t: "pending", c: TOPIC });

    expect(heard.link).toEqual([[false, null]]);
    expect(heard.pendings).toBe(0);
  });

  it("ends when the server refuses it", () => {
    say({ t: "err", c: TOPIC, code: "forbidden" });

    expect(heard.ends).toEqual([{ kind: "denied", reason: "forbidden" }]);
  });
});
