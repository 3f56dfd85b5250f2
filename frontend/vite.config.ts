import { defineConfig } from "vitest/config";

// Stable names: {% flow_assets %} names them, and Django's manifest storage adds its own hashes. No
// source maps: collectstatic refuses a sourceMappingURL whose file is not shipped.
export default defineConfig({
  base: "./",
  plugins: [
    {
      // Chunks are small and have no styles of their own: nothing is to be loaded ahead of them.
      name: "plain-import",
      load: (id) =>
        id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : null,
    },
  ],
  build: {
    outDir: "../flowengine/static/flowengine",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    cssCodeSplit: false,
    modulePreload: false,
    manifest: "manifest.json",
    rolldownOptions: {
      input: { flowengine: "src/elements/index.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "flowengine[extname]",
      },
    },
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "happy-dom",
  },
});
