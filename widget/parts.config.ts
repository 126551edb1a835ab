import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import type { Plugin } from "vite";
import { lone } from "../rig/setup/page-build.mjs";

/**
 * What is built beside the chat's page, each in one file: the loader of the shop's page, the worker with the names of all
 * files of this build, the icons, and the demo shop.
 */
export function parts(): Plugin {
  const here = import.meta.dirname;
  return {
    name: "aftercare-parts",
    apply: "build",
    buildStart() {
      for (const folder of ["src/loader", "demo"])
        for (const file of readdirSync(join(here, folder))) this.addWatchFile(join(here, folder, file));
      this.addWatchFile(join(here, "src/worker.ts"));
    },
    transformIndexHtml: {
      order: "post",
      // The small composer is painted before the styles of the app are there.
      handler(html) {
        const [link = ""] = /\s*<link rel="stylesheet"[^>]*>/.exec(html) ?? [];
        return html.replace(link, "").replace('<div id="app">', () => `${link.trim()}\n    <div id="app">`);
      },
    },
    async generateBundle(_, bundle) {
      const emit = (fileName: string, source: string | Uint8Array) =>
        this.emitFile({ type: "asset", fileName, source });
      emit("loader.js", await lone(join(here, "src/loader/main.ts")));
      const files = Object.keys(bundle)
        .filter((file) => /^assets\/.*\.(js|css)$/.test(file))
        .map((file) => `/chat/${file}`);
      for (const size of [192, 512]) {
        emit(`icons/${size}.png`, icon(size, 0.22, 1));
        emit(`icons/maskable-${size}.png`, icon(size, 0, 0.72));
        files.push(`/chat/icons/${size}.png`);
      }
      const page = readFileSync(join(here, "index.html"));
      const name = createHash("sha256").update(files.sort().join()).update(page).digest("hex").slice(0, 16);
      const defined = { SHELL_FILES: JSON.stringify(files), SHELL_NAME: JSON.stringify(name) };
      emit("sw.js", await lone(join(here, "src/worker.ts"), defined));
      for (const file of readdirSync(join(here, "demo"))) emit(`demo/${file}`, readFileSync(join(here, "demo", file)));
    },
  };
}

/** The speech bubble on the colour, as a PNG: `corner` of the tile's width is its radius, `scale` what the bubble takes of it. */
function icon(size: number, corner: number, scale: number): Uint8Array {
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [u, v] = [(x + 0.5) / size, (y + 0.5) / size];
      const tile = corner === 0 ? 1 : cover(roundBox(u - 0.5, v - 0.5, 0.5, 0.5, corner), size);
      const bubble = cover(bubbleAt((u - 0.5) / scale, (v - 0.5) / scale) * scale, size);
      const mix = (from: number) => Math.round(from + (255 - from) * bubble);
      rows.set([mix(0x0a), mix(0x5b), mix(0xd3), Math.round(tile * 255)], y * (size * 4 + 1) + 1 + x * 4);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk("IHDR", head),
    pngChunk("IDAT", deflateSync(rows, { level: 9 })),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

/** Signed distances: inside is negative, in widths of the tile. */
const roundBox = (x: number, y: number, halfWidth: number, halfHeight: number, radius: number): number => {
  const dx = Math.abs(x) - halfWidth + radius;
  const dy = Math.abs(y) - halfHeight + radius;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
};
function bubbleAt(x: number, y: number): number {
  const body = roundBox(x, y + 0.04, 0.28, 0.2, 0.08);
  // A tail that leans to the left.
  const tail = Math.max(-x - 0.16, x + y - 0.18, -y);
  return Math.min(body, tail);
}
const cover = (distance: number, size: number): number => Math.min(1, Math.max(0, 0.5 - distance * size));
