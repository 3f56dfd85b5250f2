// @vitest-environment node
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { beforeAll, describe, expect, it } from "vitest";

/** Bytes in a kB, here and in what is promised. */
const KB = 1_024;
const CLIENT_MAX = 5 * KB;
const HOOKS_MAX = KB;
/** All elements with the client: what a page loads that has each of them. */
const ELEMENTS_MAX = 12 * KB;
/** What few pages need, and load besides. */
const LATER_MAX = 2 * KB;
const STYLES_MAX = 6 * KB;

/** What is built, by file name, with its size as it travels, bytes. */
async function builtBy(configFile: string): Promise<ReadonlyMap<string, number>> {
  const built = await build({ configFile, logLevel: "error", build: { write: false } });
  const [first] = [built].flat();
  if (first === undefined || !("output" in first)) throw new Error("nothing was built");
  return new Map(
    first.output.map((file) => {
      const text = file.type === "chunk" ? file.code : file.source;
      return [file.fileName, gzipSync(text, { level: 9 }).length];
    }),
  );
}

describe("the package", () => {
  let sizes: ReadonlyMap<string, number>;
  beforeAll(async () => {
    sizes = await builtBy("vite.package.config.ts");
  });

  it("has a small client, and loads what few pages need when they do", () => {
    expect([...sizes.keys()].sort()).toEqual([
      "acts.js",
      "fallback.js",
      "index.js",
      "latency.js",
      "neighbours.js",
      "react.js",
      "vue.js",
    ]);
    expect(sizes.get("index.js")).toBeLessThanOrEqual(CLIENT_MAX);
  });

  it.each(["react.js", "vue.js"])("has hooks of one kilobyte: %s", (name) => {
    expect(sizes.get(name)).toBeLessThanOrEqual(HOOKS_MAX);
  });
});

describe("the elements", () => {
  it("are small, with the client and all that is loaded by a page that has each of them", async () => {
    const sizes = [...(await builtBy("vite.config.ts"))].map(
      ([name, size]) => [name.replace(/-[\w-]{8}(?=\.js$)/, ""), size] as const,
    );
    const found = new Map(sizes);
    const later = ["acts", "fallback", "neighbours", "related"].map((n) => `flowengine-${n}.js`);
    const always = ["flowengine.js", "flowengine-elements.js"];
    const scripts = [...found.keys()].filter((name) => name.endsWith(".js")).sort();

    expect(scripts).toEqual([...always, ...later].sort());
    const together = always.reduce((sum, name) => sum + (found.get(name) ?? 0), 0);
    expect(together).toBeLessThanOrEqual(ELEMENTS_MAX);
    for (const name of later) expect(found.get(name)).toBeLessThanOrEqual(LATER_MAX);
    expect(found.get("flowengine.css")).toBeLessThanOrEqual(STYLES_MAX);
  });
});
