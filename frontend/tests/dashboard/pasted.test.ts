import { describe, expect, it } from "vitest";
import { dataOf } from "../../src/dashboard/http/example";
import { shellWord } from "../../src/dashboard/parts/command";
import { idIn, together } from "../../src/dashboard/parts/pasted";

const ID = "01a0b0c0-1111-7222-8333-0123456789ab";

describe("an id in what was pasted", () => {
  it("is found wherever it stands, with its hyphens or without them", () => {
    for (const text of [ID, `run=${ID},`, ID.toUpperCase(), ID.replaceAll("-", ""), `/runs/${ID}/`])
      expect(idIn(text)).toBe(ID);
  });

  it("is none where it is part of something longer, or too short", () => {
    expect(idIn(`a${ID}`)).toBeNull();
    expect(idIn("9f31c2aa".repeat(8))).toBeNull();
    expect(idIn(ID.slice(0, -1))).toBeNull();
  });
});

describe("events that belong together by a pasted id", () => {
  it("are asked for with its hyphens and without them: what they share is a text, written either way", () => {
    expect(together(ID)).toBe(`correlation:${ID},${ID.replaceAll("-", "")}`);
  });
});

describe("what an example sends", () => {
  it("is what the type of the project asks for, as Python writes it", () => {
    const schema = {
      type: "object",
      required: ["order_id", "customer", "express", "kind", "lines"],
      properties: {
        order_id: { type: "integer", minimum: 1 },
        customer: { type: "string" },
        express: { type: "boolean", default: false },
        kind: { enum: ["gift", "own"] },
        lines: { type: "array" },
        note: { type: "string" },
      },
    };

    expect(dataOf(schema)).toBe(
      '{"order_id": 1, "customer": "…", "express": False, "kind": "gift", "lines": []}',
    );
  });

  it("is nothing where nobody has said what it is like", () => {
    expect(dataOf(null)).toBe("{}");
    expect(dataOf({ type: "object" })).toBe("{}");
  });
});

describe("a filter in a command", () => {
  it("is one word of the shell, whatever is in it", () => {
    expect(shellWord('state:failed "no funds"')).toBe("'state:failed \"no funds\"'");
    expect(shellWord("Ann's")).toBe("'Ann'\\''s'");
  });
});
