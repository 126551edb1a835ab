import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { readableOn } from "@aftercare/core";
import type { PublicWidgetSettings } from "@aftercare/protocol";
import type { Looks } from "../workspace/looks.ts";
import type { Inline } from "./headers.ts";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".mp3": "audio/mpeg",
};
/** The bundler puts a hash of the content into these names: `index-B3x_9kQ.js`. */
const hashed = /-[-\w]{7,}\.\w+$/;
const segment = /^[A-Za-z0-9_][-A-Za-z0-9_.]*$/;

const home = (demo: boolean): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Aftercare</title>
</head>
<body>
<main>
<h1>Aftercare</h1>
<ul>
<li><a href="/chat/">Customer chat</a></li>
<li><a href="/console/">Staff console</a></li>${demo ? '\n<li><a href="/demo/">Demo shop with the chat in it</a></li>' : ""}
</ul>
</main>
</body>
</html>
`;

const html = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-type": types[".html"] ?? "", "cache-control": "no-cache" } });

/** The built pages, by the first part of the path. */
const roots: Record<string, string> = {
  chat: fileURLToPath(new URL("../../../widget/dist", import.meta.url)),
  console: fileURLToPath(new URL("../../../console/dist", import.meta.url)),
  demo: fileURLToPath(new URL("../../../widget/dist/demo", import.meta.url)),
};
const chat = roots.chat ?? "";

export type PagesConfig = { demo: boolean };
export type Pages = {
  /** Serves `/`, `/loader.js`, `/chat/…`, `/console/…` and, with the demo, `/demo/…`; undefined for everything else. */
  page(path: string, request?: Request): Promise<Response | undefined>;
  /** What stands inline in the page of an app, as it was served last. */
  inline(app: "chat" | "console"): Inline;
};

/** `looks`: what the shop of an address looks like, and what it asks. */
export function createPages(config: PagesConfig, looks: Looks): Pages {
  const inline = new Map<string, Inline>();

  async function index(name: string, request?: Request): Promise<Response> {
    const file = await readInside(roots[name] ?? "", join(roots[name] ?? "", "index.html"));
    if (!file)
      return html(
        "<!doctype html><title>Aftercare</title><p>This page has not been built yet: run npm start.</p>",
        503,
      );
    const text = new TextDecoder().decode(file);
    inline.set(name, inlineOf(text));
    if (name !== "chat") return asset(file, "index.html");
    const look = await looks(shopOf(request));
    const page = text.replace('<html lang="en">', `<html lang="${look.defaultLocale}">`);
    return html(page.replace("<!--shop-->", () => shopMetas(look)));
  }

  async function found(path: string, request?: Request): Promise<Response | undefined> {
    if (path === "/") return html(home(config.demo));
    if (path === "/loader.js") return loader(await looks(shopOf(request)), request);
    if (path === "/chat/manifest.webmanifest") return manifest(await looks(shopOf(request)), request);
    const [, name = "", ...rest] = path.split("/");
    if (!Object.hasOwn(roots, name) || (name === "demo" && !config.demo)) return undefined;
    if (rest.length === 0) return new Response(null, { status: 308, headers: { location: `/${name}/` } });
    const root = roots[name] ?? "";
    const names = rest.at(-1) === "" ? [...rest.slice(0, -1), "index.html"] : rest;
    // Only plain names: no dot files, no `..`, nothing encoded.
    if (!names.every((each) => segment.test(each))) return undefined;
    // The demo lies beside the chat, and is no part of it.
    if (name === "chat" && names[0] === "demo") return undefined;
    if (names.join("/") === "index.html") return index(name, request);
    const file = await readInside(root, join(root, ...names));
    if (file) return asset(file, names.at(-1) ?? "");
    // Addresses inside an app are its own business; a missing file is not one of them.
    return extname(names.at(-1) ?? "") === "" ? index(name, request) : undefined;
  }

  const packed = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    inline: (app) => inline.get(app) ?? { scripts: [], styles: [] },
    async page(path, request) {
      const response = await found(path, request);
      return response && pack(response, path, packed, request);
    },
  };
}

const packable = /^(text\/|application\/(json|manifest)|image\/svg)/;
const packMinBytes = 1_024;
const takesGzip = /\bgzip\b(?!\s*;\s*q=0(\.0+)?\s*(,|$))/;

/**
 * Text goes out packed to browsers that take it, so that the chat is small without a proxy in front. `packed` keeps what
 * never changes: at most the files of the built pages.
 */
async function pack(
  response: Response,
  path: string,
  packed: Map<string, Uint8Array<ArrayBuffer>>,
  request?: Request,
): Promise<Response> {
  const { headers } = response;
  if (response.status !== 200 || !packable.test(headers.get("content-type") ?? "")) return response;
  headers.append("vary", "accept-encoding");
  if (!takesGzip.test(request?.headers.get("accept-encoding") ?? "")) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length < packMinBytes) return new Response(bytes, { headers });
  const kept = hashed.test(path);
  const small = packed.get(path) ?? new Uint8Array(gzipSync(bytes, { level: kept ? 9 : 6 }));
  if (kept) packed.set(path, small);
  headers.set("content-encoding", "gzip");
  return new Response(small, { headers });
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? "");

/** Aftercare's own, where the workspace has chosen none. */
const ownColour = "#0a5bd3";
const colourOf = ({ widget, brandColour }: PublicWidgetSettings): string => widget.colour ?? brandColour ?? ownColour;
const nameOf = ({ widget, shop, name, defaultLocale }: PublicWidgetSettings): string =>
  widget.title?.[defaultLocale] ?? shop?.name ?? name;

const shopOf = (request?: Request): string | null => new URL(request?.url ?? "http://shop/").searchParams.get("shop");

/** With the page, so that its first screen is the shop's own and nothing is asked for afterwards. */
function shopMetas(look: PublicWidgetSettings): string {
  const colour = colourOf(look);
  return [
    `<meta name="aftercare:shop" content="${escaped(JSON.stringify(look))}">`,
    `<meta name="aftercare:brand" content="${colour}" data-on="${readableOn(colour)}">`,
  ].join("\n    ");
}

/** What a content security policy calls the inline scripts and styles of a page by. */
function inlineOf(text: string): Inline {
  const hashes = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(
      ([, body = ""]) => `'sha256-${createHash("sha256").update(body).digest("base64")}'`,
    );
  return { scripts: hashes(/<script>([\s\S]*?)<\/script>/g), styles: hashes(/<style>([\s\S]*?)<\/style>/g) };
}

/** JSON that may stand in a script. */
const inScript = (value: unknown): string =>
  JSON.stringify(value).replace(/[<\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The one script of a shop's page, under a name that stays: short in caches, and asked for by its hash after that. */
async function loader(look: PublicWidgetSettings, request?: Request): Promise<Response | undefined> {
  const file = await readInside(chat, join(chat, "loader.js"));
  if (!file) return undefined;
  const { position, bottomPx } = look.widget.launcher ?? {};
  const defaults = inScript({
    brand: colourOf(look),
    locale: look.defaultLocale,
    ...(look.shop && { shop: look.shop.id }),
    ...(position === "start" && { side: "left" }),
    ...(bottomPx !== undefined && { up: bottomPx }),
  });
  const body = `{const SHOP=${defaults};${new TextDecoder().decode(file)}}`;
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const headers = { "cache-control": "public, max-age=300, must-revalidate", etag };
  if (request?.headers.get("if-none-match")?.includes(etag)) return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, "content-type": types[".js"] ?? "" } });
}

/** What a phone needs to put the chat on its home screen: for each shop of the address, one of its own. */
function manifest(look: PublicWidgetSettings, request?: Request): Response {
  const shop = shopOf(request) ?? "";
  const start = /^[\w-]{1,60}$/.test(shop) ? `/chat/?shop=${shop}` : "/chat/";
  const icon = (file: string, size: number, purpose: string) => ({
    src: `/chat/icons/${file}`,
    sizes: `${size}x${size}`,
    type: "image/png",
    purpose,
  });
  const body = {
    id: start,
    name: nameOf(look),
    short_name: [...nameOf(look)].slice(0, 12).join(""),
    lang: look.defaultLocale,
    start_url: start,
    scope: "/chat/",
    display: "standalone",
    theme_color: colourOf(look),
    background_color: "#f3f5f8",
    icons: [
      icon("192.png", 192, "any"),
      icon("512.png", 512, "any"),
      icon("maskable-192.png", 192, "maskable"),
      icon("maskable-512.png", 512, "maskable"),
    ],
  };
  const headers = { "content-type": types[".webmanifest"] ?? "", "cache-control": "no-cache" };
  return new Response(JSON.stringify(body), { headers });
}

function asset(bytes: Uint8Array<ArrayBuffer>, name: string): Response {
  const type = types[extname(name).toLowerCase()] ?? "application/octet-stream";
  // Asked for at every start; a worker must be found new as soon as there is one.
  const cache = hashed.test(name) ? "public, max-age=31536000, immutable" : "no-cache";
  return new Response(bytes, { headers: { "content-type": type, "cache-control": cache } });
}

/** A regular file below `root`, also when links point elsewhere. */
async function readInside(root: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
    if (!real.startsWith(realRoot + sep) || !(await stat(real)).isFile()) return undefined;
    return new Uint8Array(await readFile(real));
  } catch {
    return undefined;
  }
}
