import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/console/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: true })],
  build: { outDir: "dist", target: "es2022", sourcemap: true, modulePreload: { polyfill: false }, cssCodeSplit: false },
  server: { port: 5174, proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
});
