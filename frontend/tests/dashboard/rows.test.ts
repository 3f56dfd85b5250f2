import { describe, expect, it } from "vitest";
import {
  begun,
  extended,
  type Listed,
  NO_ROWS,
  type Page,
  refreshed,
  released,
} from "../../src/dashboard/state/rows";

interface Row {
  readonly id: string;
  readonly state: string;
}

const LISTED: Listed<Row> = { idOf: ({ id }) => id, orderOf: ({ id }) => id };

/** The rows with these numbers, the newest first. */
function page(
  numbers: readonly number[],
  next: string | null = null,
  state = "running",
): Page<Row> {
  return { items: numbers.map((n) => ({ id: String(n), state })), next };
}

function ids(rows: readonly Row[]): number[] {
  return rows.map(({ id }) => Number(id));
}

describe("the rows of a list", () => {
  it("take in new ones at the top while nobody is in the list", () => {
    const rows = refreshed(begun(page([4, 3])), page([6, 5, 4, 3]), LISTED, false);

    expect(ids(rows.shown)).toEqual([6, 5, 4, 3]);
    expect(rows.waiting).toEqual([]);
  });

  it("let new ones wait while somebody is, and bring what is shown up to date all along", () => {
    const rows = refreshed(begun(page([4, 3])), page([5, 4, 3], null, "done"), LISTED, true);

    expect(ids(rows.shown)).toEqual([4, 3]);
    expect(rows.shown.map(({ state }) => state)).toEqual(["done", "done"]);
    expect(ids(rows.waiting)).toEqual([5]);
    expect(ids(released(rows, LISTED).shown)).toEqual([5, 4, 3]);
  });

  it("wait once each, however often they are told", () => {
    const once = refreshed(begun(page([4])), page([5, 4]), LISTED, true);

    const twice = refreshed(once, page([6, 5, 4]), LISTED, true);

    expect(ids(twice.waiting)).toEqual([6, 5]);
  });

  it("keep one that has left for as long as somebody is in the list", () => {
    const before = begun(page([4, 3, 2]));

    expect(ids(refreshed(before, page([4, 2]), LISTED, true).shown)).toEqual([4, 3, 2]);
    expect(ids(refreshed(before, page([4, 2]), LISTED, false).shown)).toEqual([4, 2]);
  });

  it("keep the pages behind the first, of which the first says nothing", () => {
    const before = extended(begun(page([9, 8], "8")), page([7, 6]), LISTED);

    const rows = refreshed(before, page([9, 8], "8"), LISTED, false);

    expect(ids(rows.shown)).toEqual([9, 8, 7, 6]);
    expect(rows.next).toBeNull();
  });

  it("put one that joins late in its own place", () => {
    const rows = refreshed(begun(page([9, 5])), page([9, 7, 5]), LISTED, false);

    expect(ids(rows.shown)).toEqual([9, 7, 5]);
  });

  it("begin anew where more came than the first page has, and not before it is let go", () => {
    const paused = refreshed(begun(page([2, 1])), page([9, 8], "8"), LISTED, true);
    expect(ids(paused.shown)).toEqual([2, 1]);

    const rows = released(paused, LISTED);

    expect(ids(rows.shown)).toEqual([9, 8]);
    expect(rows.next).toBe("8");
  });

  it("begin anew as soon as it is known where they go on", () => {
    const told = refreshed(NO_ROWS, page([9, 8], ""), LISTED, false);

    const rows = refreshed(told, page([9, 8], "8"), LISTED, false);

    expect(rows.next).toBe("8");
  });

  it("are not shown twice where a page repeats one", () => {
    expect(ids(extended(begun(page([3, 2], "2")), page([2, 1]), LISTED).shown)).toEqual([3, 2, 1]);
  });
});

describe("a list of thousands of rows", () => {
  const many = Array.from({ length: 10_000 }, (_, at) => 20_000 - at);

  it("is looked at only as far as the first page speaks of it", () => {
    let looks = 0;
    const counted: Listed<Row> = {
      idOf: ({ id }) => {
        looks += 1;
        return id;
      },
      orderOf: ({ id }) => id,
    };
    const rows = begun(page(many, "1"));

    const after = refreshed(rows, page([20_001, 20_000], "x"), counted, false);

    expect(ids(after.shown).slice(0, 3)).toEqual([20_001, 20_000, 19_999]);
    expect(after.shown).toHaveLength(10_001);
    expect(looks).toBeLessThan(20);
  });

  it("takes in what waited, each in its place", () => {
    const rows = { ...begun(page([29, 27, 25, 23], "3")), waiting: page([24, 28, 30]).items };

    expect(ids(released(rows, LISTED).shown)).toEqual([30, 29, 28, 27, 25, 24, 23]);
  });
});

describe("an answer that is older than what was told meanwhile", () => {
  it("takes nothing away once the newer one is put in again", () => {
    const told = refreshed(NO_ROWS, page([5, 4], ""), LISTED, false);

    const late = refreshed(
      refreshed(told, page([4, 3], "3"), LISTED, false),
      page([5, 4], ""),
      LISTED,
      false,
    );

    expect(ids(late.shown)).toEqual([5, 4, 3]);
    expect(late.next).toBe("3");
  });
});
