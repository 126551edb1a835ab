import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { smallPage } from "../rig/setup/page-build.mjs";
import { parts } from "./parts.config.ts";

export default defineConfig({
  base: "/chat/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: true }), parts(), ...smallPage.plugins],
  css: smallPage.css,
  build: { ...smallPage.build, outDir: "dist" },
  server: { port: 5173, proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
});
