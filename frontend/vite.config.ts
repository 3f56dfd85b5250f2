import { defineConfig } from "vitest/config";

/** Chunks are small and have no styles of their own: nothing is to be loaded ahead of them. */
export const plainImport = {
  name: "plain-import",
  load: (id: string) =>
    id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null,
};

/** Loaded by the pages that need them, and by no others. */
const LATER =
  /src\/(client\/(acts|fallback|latency|neighbours|tabs)|elements\/(inside|related)|model\/(children|items|percent))\.ts$/;

// Stable names: {% flow_assets %} names them, and Django's manifest storage adds its own hashes. No
// source maps: collectstatic refuses a sourceMappingURL whose file is not shipped.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../flowengine/static/flowengine",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    manifest: "manifest.json",
    // As a library: plain imports, and nothing loaded ahead of them. The entry holds nothing but the start:
    // what a chunk imports must not be the entry, which under its other name would be loaded twice. The
    // chunks have hashes of our own, for Django does not rewrite imports.
    lib: {
      entry: { flowengine: "src/elements/index.ts" },
      formats: ["es"],
      cssFileName: "flowengine",
    },
    rolldownOptions: {
      output: {
        minify: true,
        comments: false,
        chunkFileNames: "flowengine-[name]-[hash].js",
        codeSplitting: {
          groups: [{ name: "elements", test: (id) => id.includes("/src/") && !LATER.test(id) }],
        },
      },
    },
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    setupFiles: ["tests/words.ts"],
  },
});
