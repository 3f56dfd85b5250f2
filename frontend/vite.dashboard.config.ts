import { defineConfig } from "vite";
import { plainImport } from "./vite.config.ts";

/** Loaded by the modules that need them, and by no others. */
const LATER = /src\/client\/(acts|fallback|latency|neighbours)\.ts$/;
const SHELL =
  /src\/(client|model)\/|src\/dashboard\/(app|routes|http|state|parts)|node_modules\/(preact|@preact|openapi-fetch)/;

// The operator's dashboard. Its entry has a stable name, which the page names and Django's manifest
// storage hashes; it holds nothing but the start, for what a chunk imports must not be the entry: under
// its other name it would be run twice. The chunks have hashes of our own: Django does not rewrite imports.
export default defineConfig({
  base: "./",
  plugins: [plainImport],
  build: {
    outDir: "../flowengine/static/flowengine",
    emptyOutDir: false,
    copyPublicDir: false,
    target: "es2022",
    sourcemap: false,
    cssCodeSplit: false,
    modulePreload: false,
    manifest: "dashboard.json",
    rolldownOptions: {
      input: { dashboard: "src/dashboard/main.tsx" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "dashboard-[name]-[hash].js",
        assetFileNames: "dashboard[extname]",
        codeSplitting: {
          groups: [{ name: "shell", test: (id) => SHELL.test(id) && !LATER.test(id) }],
        },
      },
    },
  },
});
