import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { classNames, smallPage } from "../rig/setup/page-build.mjs";
import { parts } from "./parts.config.ts";

const generateScopedName = classNames(4);

/** What is loaded at one moment is one file, with all that it needs: small files pack badly, and browsers fetch six at once. */
const whole = (name: string, file: string, priority: number) => ({
  name,
  test: new RegExp(`/console/src/${file}$`),
  includeDependenciesRecursively: true,
  priority,
});

/** What a language needs before anybody is signed in. */
const wordsOf = (file: string): string | null => {
  const locale = /\/ui\/src\/words\/(?:access\/)?(en|zh-Han[st])\.ts$/.exec(file)?.[1];
  return locale ? `words-${locale}` : null;
};

export default defineConfig({
  base: "/console/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: true }), parts(generateScopedName)],
  css: { modules: { generateScopedName } },
  build: {
    ...smallPage.build,
    outDir: "dist",
    rolldownOptions: {
      ...smallPage.build.rolldownOptions,
      output: {
        codeSplitting: {
          groups: [
            { name: "first", tags: ["$initial"], priority: 3 },
            { name: "first", test: /^\0?rolldown\/runtime/, priority: 3 },
            whole("desk", "desk-app.tsx", 2),
            whole("talk", "conversation.tsx", 1),
            { name: wordsOf, debugName: "words", priority: 0 },
          ],
        },
      },
    },
  },
  server: { port: 5174, proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
});
