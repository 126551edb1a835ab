import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The shipped types as an integrator's compiler sees them, in a project of its own. */
test("the shipped types take what is right and refuse what is wrong", () => {
  const root = join(import.meta.dirname, "../../..");
  const dir = mkdtempSync(join(tmpdir(), "aftercare-types-"));
  const source = `/// <reference path="${join(root, "widget/types/aftercare.d.ts")}" />
    window.aftercare("boot", { shop: "main", side: "left", brand: "#0a5bd3", theme: "dark" });
    window.aftercare("boot");
    aftercare("identify", "token");
    aftercare("setContext", { product: "Halo", order: "A-1", page: location.href });
    aftercare("setLocale", "zh-Hant");
    aftercare("setTheme", { brand: "#123456" });
    aftercare("on", "unread", ({ count }) => count.toFixed());
    aftercare("on", "error", ({ code, text }) => code + text);
    aftercare("off", "unread");
    for (const name of ["open", "close", "toggle", "reset", "shutdown"] as const) aftercare(name);
    // @ts-expect-error
    aftercare("nonsense");
    // @ts-expect-error
    aftercare("identify", 7);
    // @ts-expect-error
    aftercare("setTheme", "neon");
    // @ts-expect-error
    aftercare("on", "unread", ({ text }) => text);
    // @ts-expect-error
    aftercare("setContext", { price: 3 });
    // @ts-expect-error
    aftercare("boot", { brand: "red" });
  `;
  try {
    writeFileSync(join(dir, "page.ts"), source);
    const words = [
      "--noEmit",
      "--strict",
      "--lib",
      "es2022,dom",
      "--types",
      "",
      "--ignoreConfig",
      join(dir, "page.ts"),
    ];
    const run = Bun.spawnSync(["node", join(root, "node_modules/typescript/bin/tsc"), ...words]);
    expect(run.stdout.toString() + run.stderr.toString()).toBe("");
    expect(run.exitCode).toBe(0);
  } finally {
    rmSync(dir, { recursive: true });
  }
}, 60_000);
