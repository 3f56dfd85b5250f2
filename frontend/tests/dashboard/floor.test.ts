import { describe, expect, it } from "vitest";
import {
  choiceOf,
  flipped,
  floorAt,
  namesIn,
  only,
  tightElsewhere,
} from "../../src/dashboard/pages/floor/choice";
import { columnsOf, isMoving, ribbon, standingAt } from "../../src/dashboard/pages/floor/columns";
import {
  type Bottleneck,
  FLOOR,
  type Floor,
  floorOf,
  type Lane,
  NEEDS,
  type Station,
  type Stop,
  type Token,
} from "../../src/dashboard/pages/floor/topic";
import { buildIn } from "../../src/dashboard/pages/floor/tv";

const aStop = (step: string, more: Partial<Stop> = {}): Stop => ({
  ...{ step, title: "", kind: "task", line: "line", block: null, branch: null, loop: false },
  ...{ station: `${step}@default`, waiting: 0, waiting_more: false, tokens: [] },
  ...more,
});
const aLane = (stops: Stop[], workflow = "order"): Lane => ({
  ...{ workflow, title: "", events: [], done_per_min: 0, failed_per_min: 0 },
  ...{ last_done_at: null, waiting: 0, waiting_more: false, worst: null, stops },
});
const aStation = (id: string, more: Partial<Station> = {}): Station => ({
  ...{ id, task: id, queue: "default", workflows: ["order"], door: "open", since: null },
  ...{ reason: null, by: "", busy: 0, limit: 4, workers: 1, waiting: 0, waiting_more: false },
  ...{ oldest_at: null, per_s: 0, done: 0, failed: 0, failed_share: 0, p50_ms: null },
  ...{ p95_ms: null, last_at: null, retrying: 0, tokens: [], beyond: 0 },
  ...more,
});
const aToken = (step: string, workflow = "order"): Token => ({
  ...{ run: "r", title: "", subject: null, workflow, step, item: "", state: "queued", since: null },
});

describe("the stops of a lane", () => {
  it("stand one behind the other, and those of one block above one another", () => {
    const lane = aLane([
      aStop("charge"),
      aStop("pack", { block: "both" }),
      aStop("bill", { block: "both" }),
      aStop("ship"),
      aStop("refund", { line: "on_failure" }),
    ]);
    const steps = (line: Stop["line"]) =>
      columnsOf(lane, line).map(({ stops }) => stops.map(({ step }) => step));
    expect(steps("line")).toEqual([["charge"], ["pack", "bill"], ["ship"]]);
    expect(steps("on_failure")).toEqual([["refund"]]);
    expect(steps("undo")).toEqual([]);
  });

  it("do not mix two blocks that follow one another", () => {
    const lane = aLane([aStop("a", { block: "one" }), aStop("b", { block: "two" })]);
    expect(columnsOf(lane, "line")).toHaveLength(2);
  });
});

describe("what stands at a stop", () => {
  it("is what its station has of this step of this workflow", () => {
    const tokens = [aToken("charge"), aToken("bill"), aToken("charge", "other")];
    const station = aStation("pay@default", { tokens, beyond: 3 });
    const stop = aStop("charge", { station: "pay@default" });
    const lane = aLane([stop]);
    expect(standingAt(lane, stop, station, true)).toEqual({ tokens: [tokens[0]], beyond: 3 });
  });

  it("is not counted where other steps are done at the same station", () => {
    const stop = aStop("charge");
    const station = aStation("charge@default", { beyond: 3 });
    expect(standingAt(aLane([stop]), stop, station, false).beyond).toBe(0);
  });

  it("is what waits there where nobody works", () => {
    const stop = aStop("paid", { station: null, waiting: 5, tokens: [aToken("paid")] });
    expect(standingAt(aLane([stop]), stop, undefined, true).beyond).toBe(4);
    expect(isMoving(stop, undefined)).toBe(true);
  });
});

describe("a flow", () => {
  it("is drawn from twenty a second on, wider the faster it is", () => {
    expect(ribbon(20)).toBe(0);
    expect(ribbon(200)).toBeGreaterThan(ribbon(21));
    expect(ribbon(10_000_000)).toBe(1);
  });
});

describe("the topic of the floor", () => {
  const state = {
    lanes: [aLane([]), { workflow: 7 }],
    stations: [aStation("b@q")],
    ...{ bottleneck: null, needs: [{ kind: "held", text: "1 run is held" }, {}] },
    last_failure_at: null,
  };
  const floor = FLOOR.read(state);

  it("leaves out what it does not understand", () => {
    expect(floor.lanes).toHaveLength(1);
    expect(floor.needs).toHaveLength(1);
    expect(FLOOR.after(floor, "wagon", {})).toBe(null);
    expect(FLOOR.after(floor, "lane", { workflow: "x" })).toBe(null);
  });

  it("puts what is new into its place by name", () => {
    const next = FLOOR.after(floor, "station", { ...aStation("a@q") });
    expect(next?.stations.map(({ id }) => id)).toEqual(["a@q", "b@q"]);
    const changed = next && FLOOR.after(next, "station", { ...aStation("b@q", { busy: 4 }) });
    expect(changed?.stations.map(({ busy }) => busy)).toEqual([0, 4]);
  });

  it("takes away what has gone, a lane or a station", () => {
    expect(FLOOR.after(floor, "gone", { what: "station", id: "b@q" })?.stations).toEqual([]);
    expect(FLOOR.after(floor, "gone", { what: "lane", id: "order" })?.lanes).toEqual([]);
  });

  it("says last what is tight and what needs somebody", () => {
    const bottleneck = { station: "b@q", text: "b: 3 waiting" };
    const next = FLOOR.after(floor, "floor", { bottleneck, needs: [], last_failure_at: "2026" });
    expect(next).toMatchObject({ bottleneck, needs: [], lastFailureAt: "2026" });
  });

  it("reads of other topics only what needs somebody", () => {
    const needs = NEEDS.read({ needs: [{ kind: "silent", text: "one is silent" }], workers: [] });
    expect(needs).toHaveLength(1);
    expect(NEEDS.after(needs, "worker", { id: "w" })).toBe(needs);
    expect(NEEDS.after(needs, "workers", { needs: [] })).toEqual([]);
  });
});

describe("the choice of workflows", () => {
  const lanes = ["basket", "order", "restock"].map((workflow) => aLane([], workflow));

  it("is what the address names, each once; of nothing it is all", () => {
    expect(namesIn("order, basket,order,,")).toEqual(["order", "basket"]);
    expect(namesIn("")).toEqual([]);
    expect(namesIn(undefined)).toEqual([]);
    expect(floorAt([], false)).toBe("/flow/");
    const there = new URL(floorAt(["order", "basket"], true), "https://shop.test");
    expect(namesIn(there.searchParams.get("workflow") ?? "")).toEqual(["order", "basket"]);
    expect(there.searchParams.get("tv")).toBe("1");
  });

  it("tells what there is from what there is not", () => {
    const found = choiceOf(["order", "refund", "basket"], lanes);
    expect(found).toEqual({ chosen: ["basket", "order"], missing: ["refund"] });
  });

  it("takes one more or one less, and all and none of them are all", () => {
    expect(flipped([], "order", lanes)).toEqual(["order"]);
    expect(flipped(["order"], "basket", lanes)).toEqual(["basket", "order"]);
    expect(flipped(["basket", "order"], "order", lanes)).toEqual(["basket"]);
    expect(flipped(["basket", "order"], "restock", lanes)).toEqual([]);
    expect(flipped(["order"], "order", lanes)).toEqual([]);
  });

  it("has a topic of its own as long as that can name it", () => {
    expect(floorOf(["basket", "order"])).not.toBe(null);
    expect(floorOf([])).toBe(null);
    expect(floorOf(["a".repeat(100), "b".repeat(100)])).toBe(null);
  });
});

describe("the floor of some workflows", () => {
  const bottleneck: Bottleneck = {
    ...{ station: "pay@till", workflow: "basket", step: "payment", waiting: 3, more: false },
    ...{ busy: 1, limit: 1, since: null, act: "scale", text: "payment: 3 waiting, 1 of 1 busy" },
  };
  const house: Floor = {
    lanes: [
      aLane([aStop("payment", { station: "pay@till" })], "basket"),
      aLane([aStop("pack"), aStop("charge", { station: "pay@till" })]),
      aLane([aStop("shelve")], "restock"),
    ],
    stations: [aStation("pack@default"), aStation("pay@till"), aStation("shelve@default")],
    ...{ bottleneck, needs: [], lastFailureAt: "2026" },
  };

  it("has their lanes, and the stations that these pass", () => {
    const found = only(house, ["restock"]);
    expect(found.lanes.map(({ workflow }) => workflow)).toEqual(["restock"]);
    expect(found.stations.map(({ id }) => id)).toEqual(["shelve@default"]);
    expect(found.lastFailureAt).toBe("2026");
  });

  it("says of a station that is not shown that it is tight there, and not here", () => {
    const found = only(house, ["restock"]);
    expect(found.bottleneck).toBe(null);
    expect(tightElsewhere(house, found)).toBe(bottleneck);
  });

  it("says it once of one that is shown, by the step that is done there", () => {
    const found = only(house, ["order"]);
    expect(found.bottleneck).toMatchObject({
      ...{ workflow: "order", step: "charge", text: "charge: 3 waiting, 1 of 1 busy" },
    });
    expect(tightElsewhere(house, found)).toBe(null);
    expect(only(house, ["basket", "order"]).bottleneck).toBe(bottleneck);
  });

  it("is tight nowhere else where nothing is tight", () => {
    const calm = { ...house, bottleneck: null };
    expect(tightElsewhere(calm, only(calm, ["order"]))).toBe(null);
  });
});

describe("a floor on the wall", () => {
  it("finds the build in a page of the dashboard, and none in any other", () => {
    const page = '<script type="application/json" id="flow-page">{"build":"abc"}</script>';
    expect(buildIn(page)).toBe("abc");
    expect(buildIn("<h1>502 Bad Gateway</h1>")).toBe(null);
    expect(buildIn('<script id="flow-page">[]</script>')).toBe(null);
  });
});
