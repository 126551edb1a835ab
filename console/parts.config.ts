import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { IndexHtmlTransformContext, Plugin } from "vite";
import { lone } from "../rig/setup/page-build.mjs";
import { words as en } from "../ui/src/words/en.ts";
import { words as hans } from "../ui/src/words/zh-Hans.ts";
import { words as hant } from "../ui/src/words/zh-Hant.ts";
import type { EarlyWords } from "./src/early/words.ts";

type Bundle = NonNullable<IndexHtmlTransformContext["bundle"]>;
type Chunk = Extract<Bundle[string], { type: "chunk" }>;

const here = import.meta.dirname;
/** The style sheets whose classes the page names before there is a script. */
const sheets: Record<string, string> = {
  "sign-in": join(here, "src/sign-in.module.css"),
  control: join(here, "../ui/src/control.module.css"),
};

/**
 * What is painted before any other file is there: the page gets the styles and the script of `src/early` inline, the names of
 * the classes, and the names of the files that the desk and each language need.
 */
export function parts(className: (name: string, file: string) => string): Plugin {
  return {
    name: "aftercare-console-parts",
    buildStart() {
      for (const file of readdirSync(join(here, "src/early"))) this.addWatchFile(join(here, "src/early", file));
    },
    transformIndexHtml: {
      order: "post",
      async handler(html, { bundle }) {
        const words = { en: early(en), "zh-Hant": early(hant), "zh-Hans": early(hans) };
        const script = await lone(join(here, "src/early/main.ts"), { EARLY_WORDS: JSON.stringify(words) });
        const files = JSON.stringify(bundle ? filesOf(bundle) : {});
        const head = `<script type="application/json" id="files">${files}</script><script>${script.trim()}</script>`;
        // The names before the styles, which have the same signs. Space between elements would be a node that the view library
        // does not know: it moves the others around it, and the one with the focus loses it.
        const named = html
          .replace(/>\s+</g, "><")
          .replace(/<!-- .*? -->/g, "")
          .replace(/\{(\w+)\}/g, (_, word: keyof EarlyWords) => words.en[word])
          .replace(/@([\w-]+)\.(\w+)/g, (_, sheet: string, name: string) => className(name, sheets[sheet] ?? ""));
        return withStyles(named, bundle).replace("<!--early-->", () => head);
      },
    },
  };
}

const early = ({ console, signIn, common }: typeof en): EarlyWords => ({
  title: console.title,
  lead: signIn.lead,
  login: signIn.login,
  password: signIn.password,
  submit: signIn.submit,
  preferences: common.preferences,
  loading: common.loading,
  notLoaded: common.notLoaded,
  retry: common.retry,
});

/** In the place of the link to the first styles, themselves. */
function withStyles(html: string, bundle: Bundle | undefined): string {
  return html.replace(/<link rel="stylesheet"[^>]*href="\/console\/([^"]+)"[^>]*>/g, (link, name: string) => {
    const file = bundle?.[name];
    return file?.type === "asset" ? `<style>${String(file.source).trim()}</style>` : link;
  });
}

/** What is fetched at once for the desk, and for each language on the page before it and on it. */
function filesOf(bundle: Bundle): Record<string, string[]> {
  const chunks = Object.values(bundle).filter((file): file is Chunk => file.type === "chunk");
  const first = chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName);
  const needs = (end: string): string[] => {
    const holds = ({ moduleIds }: Chunk) => moduleIds.some((id) => id.endsWith(end));
    const all = new Set(chunks.filter(holds).map(({ fileName }) => fileName));
    for (const name of all) {
      const chunk = bundle[name];
      // What the first script brings is there already.
      if (chunk?.type !== "chunk" || chunk.isEntry) continue;
      for (const next of [...chunk.imports, ...(chunk.viteMetadata?.importedCss ?? [])]) all.add(next);
    }
    return [...all].filter((name) => !first.includes(name)).map((name) => `/console/${name}`);
  };
  const desk = needs("/console/src/desk-app.tsx");
  const beside = (end: string) => needs(end).filter((name) => !desk.includes(name));
  const files: Record<string, string[]> = {
    desk,
    talk: beside("/console/src/conversation.tsx"),
    settings: beside("/console/src/settings/settings.tsx"),
  };
  for (const locale of ["en", "zh-Hant", "zh-Hans"]) {
    files[locale] = needs(`/ui/src/words/access/${locale}.ts`);
    files[`desk-${locale}`] = needs(`/ui/src/words/desk/all-${locale}.ts`);
  }
  return files;
}
