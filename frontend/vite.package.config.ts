import { defineConfig } from "vite";

// What is published: the client and the hooks, without the elements, which come with the Django package.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    lib: {
      entry: { index: "src/client/index.ts", react: "src/react/index.ts", vue: "src/vue/index.ts" },
      formats: ["es"],
    },
    rolldownOptions: {
      // A number in place of its name: what travels has none.
      optimization: { inlineConst: { mode: "all", pass: 3 } },
      // One client for all entries, and no chunk besides those that are loaded only when needed.
      preserveEntrySignatures: "allow-extension",
      external: ["react", "vue"],
      output: { minify: true, comments: false, chunkFileNames: "[name].js" },
    },
  },
});
