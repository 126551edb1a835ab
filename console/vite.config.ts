import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { classNames, shortNames, smallPage } from "../rig/setup/page-build.mjs";
import { parts } from "./parts.config.ts";

const generateScopedName = classNames(4);

/** What is loaded at one moment is one file, with all that it needs: small files pack badly, and browsers fetch six at once. */
const whole = (name: string, test: RegExp, priority: number) => ({
  name,
  test,
  includeDependenciesRecursively: true,
  priority,
});
/** What a desk at rest fetches for later. */
const rest = /\/console\/src\/(?:layer-views|inspector|jump-date|settings\/settings)\.tsx$/;
const restOfUi = /\/ui\/src\/(?:failed|pin-bar|pin-list|menus|touch)\.tsx?$/;

/** What a language needs before anybody is signed in. */
const wordsOf = (file: string): string | null => {
  const locale = /\/ui\/src\/words\/(?:access\/)?(en|zh-Han[st])\.ts$/.exec(file)?.[1];
  return locale ? `words-${locale}` : null;
};

export default defineConfig({
  base: "/console/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: true }), parts(generateScopedName), ...smallPage.plugins],
  css: { modules: { generateScopedName } },
  build: {
    ...smallPage.build,
    outDir: "dist",
    rolldownOptions: {
      ...smallPage.build.rolldownOptions,
      output: {
        ...shortNames,
        codeSplitting: {
          groups: [
            { name: "first", tags: ["$initial"], priority: 5 },
            whole("front-menus", /\/ui\/src\/front-menus\.ts$/, 4),
            whole("desk", /\/console\/src\/desk-app\.tsx$/, 3),
            whole("talk", /\/console\/src\/conversation\.tsx$/, 2),
            whole("rest", new RegExp(`${rest.source}|${restOfUi.source}`), 1),
            { name: wordsOf, debugName: "words", priority: 0 },
          ],
        },
      },
    },
  },
  server: { port: 5174, proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } } },
});
