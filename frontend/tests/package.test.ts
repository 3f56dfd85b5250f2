// @vitest-environment node
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { beforeAll, describe, expect, it } from "vitest";

const CLIENT_MAX = 5_300;
const HOOKS_MAX = 1_024;
const CHUNK_MAX = 2_048;
const ELEMENTS_MAX = 13_312;

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
  it("with the client are small, and those that few pages have are loaded by these", async () => {
    const sizes = await builtBy("vite.config.ts");

    expect(sizes.get("flowengine.js")).toBeLessThanOrEqual(ELEMENTS_MAX);
    for (const name of ["flow-inbox.js", "flow-toasts.js", "flow-button.js"]) {
      expect(sizes.get(name)).toBeLessThanOrEqual(CHUNK_MAX);
    }
  });
});
