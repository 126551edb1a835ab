import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

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
/** The bundler puts a hash of the content into these names: `index-B3x_9kQf.js`. */
const hashed = /-[-\w]{8,}\.\w+$/;
const segment = /^[A-Za-z0-9_][-A-Za-z0-9_.]*$/;

const home = `<!doctype html>
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
<li><a href="/console/">Staff console</a></li>
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
};

/** Serves the pages: `/`, `/chat/…` and `/console/…`; undefined for everything else. */
export async function page(path: string): Promise<Response | undefined> {
  if (path === "/") return html(home);
  const [, name = "", ...rest] = path.split("/");
  if (!Object.hasOwn(roots, name)) return undefined;
  if (rest.length === 0) return new Response(null, { status: 308, headers: { location: `/${name}/` } });
  const root = roots[name] ?? "";
  const names = rest.at(-1) === "" ? [...rest.slice(0, -1), "index.html"] : rest;
  // Only plain names: no dot files, no `..`, nothing encoded.
  if (!names.every((each) => segment.test(each))) return undefined;
  const file = await readInside(root, join(root, ...names));
  if (file) return asset(file, names.at(-1) ?? "");
  // Addresses inside an app are its own business; a missing file is not one of them.
  if (extname(names.at(-1) ?? "") !== "") return undefined;
  const index = await readInside(root, join(root, "index.html"));
  if (index) return asset(index, "index.html");
  return html("<!doctype html><title>Aftercare</title><p>This page has not been built yet: run npm start.</p>", 503);
}

function asset(bytes: Uint8Array<ArrayBuffer>, name: string): Response {
  const type = types[extname(name).toLowerCase()] ?? "application/octet-stream";
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
