import { beforeEach, describe, expect, it } from "vitest";
import type { Status } from "../../src/client/live";
import { type Position, parseFrame } from "../../src/client/protocol";
import type { Followed, Follower } from "../../src/client/topic";
import { FakeEnvironment } from "../fakes/environment";
import { changes, heartbeat, snapshot, succeeded, TOPIC } from "../fakes/frames";
import { Heard } from "../fakes/heard";

class Asked implements Follower {
  readonly environment = new FakeEnvironment();
  readonly status: Status = "catching-up";
  readonly questions: (Position | null)[] = [];
  follow(): void {}
  leave(): void {}
  ask(_topic: Followed, position: Position | null): void {
    this.questions.push(position);
  }
}

const AT_FIVE: Position = { epoch: "7f3", offset: 5 };

let asked: Asked;
let heard: Heard;

function watching(position: Position | null): void {
  asked = new Asked();
  heard = new Heard(TOPIC, asked, position);
  heard.listen();
}

function say(frame: object, now = 0): void {
  heard.topic.receive(parseFrame(JSON.stringify(frame)), now);
}

describe("frames that arrive in any order and number", () => {
  beforeEach(() => watching(AT_FIVE));

  it("that follow are applied", () => {
    say(changes(6, 7, [succeeded("reserve"), succeeded("ship")]));

    expect(heard.log).toEqual(["reserve", "ship"]);
    expect(heard.topic.position).toEqual({ epoch: "7f3", offset: 7 });
  });

  it("that are old are dropped, and still confirm", () => {
    say(changes(3, 5, [succeeded("reserve")]), 17);

    expect(heard.log).toEqual([]);
    expect(heard.link).toEqual([[true, 17]]);
  });

  it("that overlap are applied: what they say is true as of their end", () => {
    say(changes(4, 7, [succeeded("a"), succeeded("b")]));

    expect(heard.log).toEqual(["a", "b"]);
    expect(heard.topic.position?.offset).toBe(7);
  });

  it("that leave a gap are not applied: what is missing is asked for, once", () => {
    say(changes(8, 8, [succeeded("ship")]));
    say(changes(9, 9, [succeeded("ship")]));

    expect(heard.log).toEqual([]);
    expect(asked.questions).toEqual([AT_FIVE]);
  });

  it("of another epoch are not applied: everything is asked for", () => {
    say(changes(6, 6, [succeeded("ship")], "9aa"));

    expect(asked.questions).toEqual([null]);
  });

  it("of a kind that is not known lead to a snapshot", () => {
    say(changes(6, 6, [{ t: "dream" }]));

    expect(asked.questions).toEqual([null]);
    expect(heard.topic.position).toEqual(AT_FIVE);
  });

  it("that do not fit what is shown lead to a snapshot", () => {
    heard.canApply = false;

    say(changes(6, 6, [succeeded("of another workflow")]));

    expect(asked.questions).toEqual([null]);
  });

  it("with a head that skips numbers are applied", () => {
    say(changes(6, 9, [succeeded("reserve")]));

    expect(heard.topic.position?.offset).toBe(9);
  });

  it("shuffled and doubled end in the last position", () => {
    const frames = [6, 7, 8, 9].map((n) => changes(n, n, [succeeded(`at ${n}`)]));
    for (const frame of [frames[1], frames[0], frames[0], frames[3], frames[2], frames[1]]) {
      if (frame !== undefined) say(frame);
    }
    say(changes(7, 9, [succeeded("at 9")]));

    expect(heard.topic.position?.offset).toBe(9);
    expect(heard.log).toEqual([...new Set(heard.log)].sort());
    expect(heard.log.at(-1)).toBe("at 9");
  });
});

describe("a snapshot", () => {
  it("that was not asked for and is old undoes nothing", () => {
    watching({ epoch: "7f3", offset: 9 });
    say(snapshot(5));

    expect(heard.log).toEqual([]);
    expect(heard.topic.position?.offset).toBe(9);
  });

  it("that was asked for counts, even with a lower number", () => {
    watching({ epoch: "7f3", offset: 9 });
    heard.topic.resume();
    say(snapshot(5));

    expect(heard.topic.position?.offset).toBe(5);
  });

  it("of another epoch counts", () => {
    watching({ epoch: "7f3", offset: 9 });
    say(snapshot(2, {}, "9aa"));

    expect(heard.topic.position).toEqual({ epoch: "9aa", offset: 2 });
  });
});

describe("a heartbeat", () => {
  beforeEach(() => watching(AT_FIVE));

  it("that names the own head confirms what is shown", () => {
    say(heartbeat(["7f3", 5]), 42);

    expect(heard.link).toEqual([[true, 42]]);
    expect(asked.questions).toEqual([]);
  });

  it("that names a higher head shows that the last frame was lost", () => {
    say(heartbeat(["7f3", 6]));

    expect(asked.questions).toEqual([AT_FIVE]);
    expect(heard.link).toEqual([]);
  });

  it("asks again for what did not come", () => {
    say(heartbeat(["7f3", 6]));
    say(heartbeat(["7f3", 6]));

    expect(asked.questions).toEqual([AT_FIVE, AT_FIVE]);
  });

  it("of another epoch asks for everything", () => {
    say(heartbeat(["9aa", 1]));

    expect(asked.questions).toEqual([null]);
  });

  it("without a word on the topic, or from a blind server, confirms nothing", () => {
    say(heartbeat(undefined));
    say({ t: "hb", ts: 0, h: null });
    say(heartbeat(null));

    expect([heard.link, asked.questions]).toEqual([[], []]);
  });

  it("is not needed by who has acted: the answer says how far the server is", () => {
    heard.topic.reached("7f3", 5);
    expect(asked.questions).toEqual([]);

    heard.topic.reached("7f3", 6);

    expect(asked.questions).toEqual([AT_FIVE]);
  });
});

describe("a run that is not there yet", () => {
  beforeEach(() => watching(null));

  it("is pending, and that is confirmed by heartbeats", () => {
    say({ t: "pending", c: TOPIC }, 1);
    say(heartbeat(null), 2);

    expect(heard.topic.value).toBeUndefined();
    expect(heard.link).toEqual([
      [true, 1],
      [true, 2],
    ]);
  });

  it("appears", () => {
    say({ t: "pending", c: TOPIC });
    say(snapshot(2));

    expect(heard.log).toEqual(["snapshot"]);
  });

  it("is known never to come", () => {
    say({ t: "end", c: TOPIC, outcome: "no_match", message: "There was nothing to do." });

    const { end, failure, meta } = heard.topic;
    expect(end).toMatchObject({ kind: "no-run", message: "There was nothing to do." });
    expect(failure).toMatchObject({ code: "gone", retryable: false });
    expect([meta.status, meta.stale]).toEqual(["live", false]);
  });
});

describe("a view that may not be shown any more", () => {
  beforeEach(() => watching(AT_FIVE));

  it("is not live when the server calls it pending", () => {
    say({ t: "pending", c: TOPIC });

    expect(heard.link).toEqual([[false, null]]);
  });

  it.each([
    ["forbidden", "forbidden"],
    ["unknown_topic", "gone"],
    ["too_many", "rate"],
  ])("ends when the server refuses it: %s", (code, error) => {
    say({ t: "err", c: TOPIC, code });

    expect(heard.topic.end).toEqual({ kind: "denied", reason: code });
    expect(heard.topic.failure?.code).toBe(error);
    expect(heard.topic.meta).toMatchObject({ status: "denied", stale: true });
  });
});

describe("what the server has written into the page", () => {
  it("does not take the place of what is live", () => {
    watching(AT_FIVE);
    say(changes(6, 8, [succeeded("reserve")]));

    heard.topic.sow({ frame: JSON.stringify(snapshot(6)) });

    expect(heard.topic.position?.offset).toBe(8);
  });

  it("in words that are not understood is passed over", () => {
    watching(null);

    heard.topic.sow({ frame: "<p>", grant: "leave" });

    expect([heard.topic.position, heard.topic.grant]).toEqual([null, "leave"]);
  });

  it("may be that there will be no run", () => {
    watching(null);
    const frame = JSON.stringify({ t: "end", c: TOPIC, outcome: "no_match", message: "Nothing." });

    heard.topic.sow({ frame });

    expect(heard.topic.end).toMatchObject({ outcome: "no_match" });
  });
});
