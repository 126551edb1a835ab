import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { classNames, smallPage } from "../rig/setup/page-build.mjs";
import { parts } from "./parts.config.ts";

const generateScopedName = classNames(4);

export default defineConfig({
  base: "/console/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: true }), parts(generateScopedName)],
  css: { modules: { generateScopedName } },
  build: { ...smallPage.build, outDir: "dist" },
  server: { port: 5174, proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
});
