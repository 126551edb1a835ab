import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PublicWidgetSettings } from "@aftercare/protocol";
import { createSecurityHeaders } from "../../server/src/http/headers.ts";
import { createPages } from "../../server/src/http/pages.ts";

const shopName = `"><script>alert(1)</script>'&`;
const shopId = `s_${"a".repeat(22)}`;
const look: PublicWidgetSettings = {
  name: "Chain",
  brandColour: "#7a1fa2",
  defaultLocale: "zh-Hant",
  widget: { launcher: { position: "start", bottomPx: 90 } },
};
const pages = createPages({ demo: true }, async (shop) =>
  shop === shopId ? { ...look, shop: { id: shopId, name: shopName } } : look,
);
const site = "https://shop.example";
const headers = createSecurityHeaders(
  { publicUrl: "https://chat.example", allowedOrigins: [], embedOrigins: [site] },
  pages.inline,
);
const policy = (path: string) => headers(path)["content-security-policy"] ?? "";
const get = async (path: string, init: RequestInit = {}) => {
  const request = new Request(`https://chat.example${path}`, init);
  return pages.page(new URL(request.url).pathname, request);
};

test("the pages are built: npm test builds them for this step; alone, npm run size does", () => {
  expect(existsSync(join(import.meta.dirname, "../../widget/dist/loader.js"))).toBe(true);
});

test("only the chat may be framed, by the sites that are named; the console and the rest by nobody", () => {
  expect(policy("/chat/")).toContain(`frame-ancestors 'self' ${site}`);
  for (const path of ["/", "/console/", "/console/x", "/demo/", "/loader.js", "/v1/me", "/v1/qr.svg"])
    expect([path, policy(path).includes("frame-ancestors 'none'")]).toEqual([path, true]);
  const closed = createSecurityHeaders({ publicUrl: "", allowedOrigins: [], embedOrigins: [] });
  expect(closed("/chat/")["content-security-policy"]).toEndWith("frame-ancestors 'self'");
  expect(headers("/loader.js")["cross-origin-resource-policy"]).toBe("cross-origin");
  expect(headers("/console/")["cross-origin-resource-policy"]).toBe("same-origin");
});

test("nothing runs inline without its hash, on any page", async () => {
  for (const path of ["/", "/chat/", "/chat/deep/link", "/console/", "/demo/"]) {
    const body = (await (await get(path))?.text()) ?? "";
    const inline = [...body.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)];
    if (path.startsWith("/chat/")) expect(inline.length).toBe(2);
    if (path === "/console/") expect(inline.length).toBe(3);
    for (const [, , text = ""] of inline)
      expect(policy(path)).toContain(`'sha256-${createHash("sha256").update(text).digest("base64")}'`);
    expect([path, /\son\w+=|javascript:|<\w[^>]*\sstyle=/i.test(body)]).toEqual([path, false]);
    expect([path, policy(path).includes("unsafe")]).toEqual([path, false]);
  }
});

test("what is no page carries the short policy, with each file of a page", () => {
  for (const path of ["/chat/assets/index-B3x_9kQf.js", "/console/assets/desk-B3x_9kQf.js", "/v1/me"])
    expect(policy(path)).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(policy("/chat/sw.js")).toContain("connect-src 'self'");
});

test("a shop's name is text, wherever it stands", async () => {
  const body = (await (await get(`/chat/?shop=${shopId}`))?.text()) ?? "";
  expect(body).toContain("\\&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;&quot;");
  expect(body).not.toContain("alert(1)</script>'");
  expect(body).toContain('<meta name="aftercare:brand" content="#7a1fa2" data-on="#fff">');
  expect(body).toContain('<html lang="zh-Hant">');
  const own = await (await get("/chat/manifest.webmanifest"))?.json();
  expect(own.name).toBe("Chain");
  const manifest = await (await get(`/chat/manifest.webmanifest?shop=${shopId}`))?.json();
  expect(manifest).toMatchObject({
    name: shopName,
    lang: "zh-Hant",
    start_url: `/chat/?shop=${shopId}`,
    theme_color: "#7a1fa2",
    scope: "/chat/",
  });
  const strange = await (await get("/chat/manifest.webmanifest?shop=..%2F..%2Fevil%3Fx"))?.json();
  expect(strange.start_url).toBe("/chat/");
  for (const icon of manifest.icons) {
    const bytes = new Uint8Array((await (await get(icon.src))?.arrayBuffer()) ?? new ArrayBuffer(0));
    const size = new DataView(bytes.buffer).getUint32(16);
    expect([icon.src, `${size}x${size}`]).toEqual([icon.src, icon.sizes]);
  }
});

test("the loader keeps its name, is kept shortly and asked for by its hash; without a demo there is no demo page", async () => {
  const first = await get("/loader.js");
  expect(first?.headers.get("cache-control")).toContain("max-age=300");
  const etag = first?.headers.get("etag") ?? "";
  expect((await get("/loader.js", { headers: { "if-none-match": etag } }))?.status).toBe(304);
  expect((await get("/loader.js", { headers: { "if-none-match": '"other"' } }))?.status).toBe(200);
  expect(await first?.text()).toStartWith('{const SHOP={"brand":"#7a1fa2","locale":"zh-Hant","side":"left","up":90};');
  const plain = createPages({ demo: false }, async () => look);
  expect(await plain.page("/demo/")).toBeUndefined();
  expect(await plain.page("/chat/demo/index.html")).toBeUndefined();
  expect(await (await plain.page("/"))?.text()).not.toContain("/demo/");
});

test("text is packed for who takes it, and says the same; pictures and small answers are not", async () => {
  const page = (await (await get("/chat/"))?.text()) ?? "";
  const script = /src="(\/chat\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
  for (const path of ["/chat/", "/loader.js", script, script]) {
    const plain = await get(path);
    const packed = await get(path, { headers: { "accept-encoding": "br;q=1.0, gzip" } });
    const said = [plain, packed].map((one) => [one?.headers.get("content-encoding") ?? null, one?.headers.get("vary")]);
    expect([path, said]).toEqual([
      path,
      [
        [null, "accept-encoding"],
        ["gzip", "accept-encoding"],
      ],
    ]);
    const bytes = new Uint8Array((await packed?.arrayBuffer()) ?? new ArrayBuffer(0));
    const whole = (await plain?.text()) ?? "";
    expect(new TextDecoder().decode(Bun.gunzipSync(bytes))).toBe(whole);
    expect(bytes.length).toBeLessThan(whole.length * 0.6);
  }
  const refusing = await get("/loader.js", { headers: { "accept-encoding": "gzip;q=0, br" } });
  expect(refusing?.headers.get("content-encoding")).toBeNull();
  for (const path of ["/", "/chat/icons/192.png"])
    expect((await get(path, { headers: { "accept-encoding": "gzip" } }))?.headers.get("content-encoding")).toBeNull();
});
