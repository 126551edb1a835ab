import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { parts } from "./parts.config.ts";

export default defineConfig({
  base: "/chat/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: true }), parts()],
  build: { outDir: "dist", target: "es2022", sourcemap: true, modulePreload: { polyfill: false }, cssCodeSplit: false },
  server: { port: 5173, proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
});
