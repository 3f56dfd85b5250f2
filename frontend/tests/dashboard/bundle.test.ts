// @vitest-environment node
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

/** Script and style of the first screen, as they travel, bytes. */
const FIRST_MAX = 90_000;
const SCREEN_MAX = 160_000;
/** What opens with the sandbox's text, beside what the screen itself needs. */
const EDITOR_MAX = 190_000;

let chunks: ReadonlyMap<string, Rolldown.OutputChunk>;
let sizes: ReadonlyMap<string, number>;
const STYLE = "dashboard.css";

beforeAll(async () => {
  // As it is built to be shipped: in a test JSX has the places of its source in it.
  vi.stubEnv("NODE_ENV", "production");
  const built = await build({
    configFile: "vite.dashboard.config.ts",
    logLevel: "error",
    build: { write: false },
  });
  const [first] = [built].flat();
  if (first === undefined || !("output" in first)) throw new Error("nothing was built");
  sizes = new Map(
    first.output.map((file) => {
      const text = file.type === "chunk" ? file.code : file.source;
      return [file.fileName, gzipSync(text, { level: 9 }).length];
    }),
  );
  chunks = new Map(
    first.output.filter((file) => file.type === "chunk").map((file) => [file.fileName, file]),
  );
}, 60_000);

afterAll(() => {
  vi.unstubAllEnvs();
});

/** What is loaded with a module, itself included. */
function loadedWith(name: string, known: Set<string> = new Set()): Set<string> {
  if (!known.has(name)) {
    known.add(name);
    for (const each of chunks.get(name)?.imports ?? []) loadedWith(each, known);
  }
  return known;
}

function sizeOf(names: Iterable<string>): number {
  return [...names].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
}

function screens(): Rolldown.OutputChunk[] {
  return [...chunks.values()].filter(({ facadeModuleId }) =>
    /dashboard\/pages\/[\w-]+\.tsx$/.test(facadeModuleId ?? ""),
  );
}

describe("the dashboard", () => {
  it("has one style sheet, one entry, and chunks whose names change with what is in them", () => {
    const fixed = [...sizes.keys()].filter((name) => !/^dashboard-[\w-]+-[\w-]{8}\.js$/.test(name));

    expect(fixed.sort()).toEqual([STYLE, "dashboard.js", "dashboard.json"]);
  });

  it("never imports its entry, which has another name in the page", () => {
    const importing = [...chunks.values()].filter(({ imports, dynamicImports }) =>
      [...imports, ...dynamicImports].includes("dashboard.js"),
    );

    expect(importing).toEqual([]);
  });

  it("has a small first load on each screen", () => {
    const entry = loadedWith("dashboard.js");

    expect(screens().length).toBeGreaterThan(2);
    for (const { fileName } of screens()) {
      const whole = sizeOf(new Set([STYLE, ...entry, ...loadedWith(fileName)]));
      expect(whole, fileName).toBeLessThanOrEqual(FIRST_MAX);
    }
  });

  it("has no screen that becomes large by what it loads later", () => {
    for (const screen of screens()) {
      const later = screen.dynamicImports.flatMap((name) => [...loadedWith(name)]);
      const all = new Set(
        ["dashboard.js", screen.fileName, ...later].flatMap((name) => [...loadedWith(name)]),
      );
      const heavy = /editor|codemirror/i;

      const whole = sizeOf([STYLE, ...[...all].filter((name) => !heavy.test(name))]);
      expect(whole, screen.fileName).toBeLessThanOrEqual(SCREEN_MAX);
    }
  });

  it("loads the editor where it is opened, and nowhere else", () => {
    const editors = [...chunks.values()].filter(({ moduleIds }) =>
      moduleIds.some((id) => id.includes("/@codemirror/")),
    );
    const [editor] = editors;

    expect(editors).toHaveLength(1);
    expect(sizeOf([editor?.fileName ?? ""])).toBeLessThanOrEqual(EDITOR_MAX);
    const users = [...chunks.values()].filter(({ imports, dynamicImports }) =>
      [...imports, ...dynamicImports].includes(editor?.fileName ?? ""),
    );
    expect(users.map(({ name }) => name)).toEqual(["sandbox"]);
    expect(users.flatMap(({ imports }) => imports)).not.toContain(editor?.fileName);
  });

  it("has nothing of the elements of customers' pages", () => {
    const modules = [...chunks.values()].flatMap(({ moduleIds }) => moduleIds);

    expect(modules.filter((id) => id.includes("/src/elements/"))).toEqual([]);
  });
});
