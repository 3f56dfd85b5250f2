import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { KEYS, suggestions, withKey, without, words } from "../../src/dashboard/state/query";

const said = (text: string) => words(text).map(({ key, values }) => [key, ...values]);

describe("a filter", () => {
  it("is read word by word", () => {
    expect(said('state:failed,held workflow:"my order" since:2h time out')).toEqual([
      ["state", "failed", "held"],
      ["workflow", "my order"],
      ["since", "2h"],
      ["", "time"],
      ["", "out"],
    ]);
  });

  it("reads what is not finished as far as it goes", () => {
    expect(said('state: kind:"failed ru')).toEqual([["state"], ["kind", "failed ru"]]);
    expect(said('"')).toEqual([["", ""]]);
  });

  it("always comes to an end, whatever is written", () => {
    for (const text of ["::", ",", '\\"', "a:b:c", ':"', "ä:ö", " , : "]) {
      expect(words(text).every(({ start, end }) => end > start)).toBe(true);
    }
  });

  it("loses one word and keeps the others as they were written", () => {
    const text = 'state:failed  kind:"a b"  x';
    const [, kind] = words(text);
    if (!kind) throw new Error("it has three words");

    expect(without(text, kind)).toBe("state:failed x");
  });

  it("takes a key once, with quotes where a value needs them", () => {
    expect(withKey("state:failed x state:held", "state", ["queued", "a b"])).toBe(
      'state:queued,"a b" x',
    );
    expect(withKey("state:failed x", "state", [])).toBe("x");
  });
});

describe("what may stand in a filter", () => {
  const texts = (text: string, values = {}) =>
    suggestions("run", text, text.length, values).map(({ text }) => text);

  it("is a key at first, then a value of it", () => {
    expect(texts("st")).toEqual(["state:"]);
    expect(texts("state:f")).toEqual(["state:failed "]);
    expect(texts("state:failed,held,ex")).toEqual(["state:failed,held,expired "]);
  });

  it("is what the project has", () => {
    expect(texts("x workflow:o", { workflow: ["order", "my own"] })).toEqual([
      "x workflow:order ",
      'x workflow:"my own" ',
    ]);
  });

  it("is put where the cursor is, and nowhere else", () => {
    const [first] = suggestions("run", "sta since:1h", 3);

    expect(first).toEqual({ says: "state:", text: "state:since:1h", caret: 6 });
  });

  it("is the keys of the reference", () => {
    const reference = readFileSync("../docs/reference/queries.md", "utf8");
    const rows = { run: "runs", event: "events", dead_letter: "dead letters" } as const;
    for (const kind of ["run", "event", "dead_letter"] as const) {
      const row = reference.split("\n").find((line) => line.startsWith(`| ${rows[kind]} |`)) ?? "";
      const documented = [...row.replace(/\([^)]*\)/g, "").matchAll(/`(\w+)`/g)].map(
        ([, key]) => key,
      );

      expect(Object.keys(KEYS[kind]).sort()).toEqual([...documented, "since", "until"].sort());
    }
  });
});
