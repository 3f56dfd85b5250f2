// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const STYLES = new URL("../../src/dashboard/styles/", import.meta.url);
const KEYFRAMES = /@keyframes\s+([\w-]+)\s*\{((?:[^{}]*\{[^{}]*\})*)\s*\}/g;

/** The properties that each animation changes, by its name. */
function animated(css: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, name = "", steps = ""] of css.matchAll(KEYFRAMES)) {
    found.set(
      name,
      [...steps.matchAll(/([\w-]+)\s*:/g)].map(([, property = ""]) => property),
    );
  }
  return found;
}

describe("what moves", () => {
  it("moves beside the main thread: all else is painted anew in every frame", () => {
    const css = readdirSync(STYLES)
      .map((name) => readFileSync(new URL(name, STYLES), "utf-8"))
      .join("\n");

    const all = animated(css);

    expect([...all.keys()]).toEqual(expect.arrayContaining(["turn", "arrive", "flow"]));
    const dear = [...all].filter(([, of]) => of.some((p) => !["transform", "opacity"].includes(p)));
    expect(dear).toEqual([]);
  });
});
