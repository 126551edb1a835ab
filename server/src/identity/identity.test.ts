import { describe, expect, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import { systemSecrets as secrets } from "../platform.ts";
import { createDevices } from "./devices.ts";
import { createLockout } from "./lockout.ts";
import { base64url } from "./ports.ts";
import type { DeviceRow, IdentityStore } from "./store.ts";
import { createTickets } from "./tickets.ts";

function fakeClock(): Clock & { pass(ms: number): void } {
  let now = 1_800_000_000_000;
  return {
    now: () => now,
    setTimer: () => undefined,
    clearTimer: () => undefined,
    pass(ms) {
      now += ms;
    },
  };
}

describe("tickets", () => {
  const key = new Uint8Array(32);

  test("one is good until it expires, once, under its own key", () => {
    const clock = fakeClock();
    const tickets = createTickets({ clock, secrets, key });
    const [used, late, alien] = [tickets.issue("d1"), tickets.issue("d2"), tickets.issue("d3")];
    expect(used.ticket.length).toBeLessThanOrEqual(500);
    expect(tickets.redeem(used.ticket)).toBe("d1");
    expect(tickets.redeem(used.ticket)).toBeUndefined();
    expect(createTickets({ clock, secrets, key: new Uint8Array(32).fill(1) }).redeem(alien.ticket)).toBeUndefined();
    clock.pass(limits.ticketTtlMs - 1);
    expect(tickets.redeem(alien.ticket)).toBe("d3");
    clock.pass(1);
    expect(tickets.redeem(late.ticket)).toBeUndefined();
    expect(tickets.redeem(used.ticket)).toBeUndefined();
  });
});

describe("lockout", () => {
  test("the wait doubles up to its bound, and is forgotten after success or an hour", () => {
    const clock = fakeClock();
    const lockout = createLockout(clock, { free: 3, firstMs: 1_000, longestMs: 8_000 });
    const waits: number[] = [];
    for (let n = 0; n < 9; n++) {
      waits.push(lockout.waitMs("mei"));
      lockout.count("mei");
    }
    expect(waits).toEqual([0, 0, 0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(lockout.waitMs("kit")).toBe(0);
    clock.pass(7_999);
    expect(lockout.waitMs("mei")).toBe(1);
    clock.pass(1);
    expect(lockout.waitMs("mei")).toBe(0);
    lockout.count("mei");
    lockout.forgive("mei");
    expect(lockout.waitMs("mei")).toBe(0);
    for (let n = 0; n < 9; n++) lockout.count("mei");
    clock.pass(3_600_000);
    lockout.count("mei");
    expect(lockout.waitMs("mei")).toBe(0);
  });
});

describe("devices", () => {
  function setup() {
    const clock = fakeClock();
    const rows = new Map<string, DeviceRow>();
    const asked: string[][] = [];
    const store = {
      devices: async (by, keys) => {
        asked.push([...keys]);
        return [...rows.values()].filter((row) => keys.includes(by === "id" ? row.device : row.tokenHash));
      },
      touch: async () => undefined,
    } as Partial<IdentityStore> as IdentityStore;
    const log = { info() {}, warn() {}, error() {} };
    const token = (n: number) => `act_${String(n).padStart(43, "A")}`;
    for (let n = 0; n < 100; n++) {
      const tokenHash = base64url(secrets.sha256(token(n)));
      const expiresAt = clock.now() + 600_000;
      rows.set(`d${n}`, {
        device: `d${n}`,
        account: "a",
        name: "n",
        kind: "staff",
        supervisor: false,
        tokenHash,
        expiresAt,
        usedAt: clock.now(),
      });
    }
    return { clock, rows, asked, token, devices: createDevices({ store, clock, secrets, log }) };
  }

  test("a storm of tokens asks once; a token seen before asks nothing for a minute", async () => {
    const { clock, asked, token, devices } = setup();
    const found = await Promise.all(Array.from({ length: 100 }, (_, n) => devices.byToken(token(n))));
    expect(found.map((row) => row?.device)).toEqual(Array.from({ length: 100 }, (_, n) => `d${n}`));
    expect(asked).toHaveLength(1);
    await devices.byToken(token(7));
    await devices.byId("d7");
    expect(asked).toHaveLength(1);
    clock.pass(60_000);
    await devices.byToken(token(7));
    expect(asked).toHaveLength(2);
  });

  test("one that ended is forgotten at once, one that expires is refused from memory", async () => {
    const { clock, rows, asked, token, devices } = setup();
    await devices.byToken(token(1));
    rows.delete("d1");
    devices.forget(["d1"]);
    expect(await devices.byToken(token(1))).toBeUndefined();
    expect(await devices.byId("d1")).toBeUndefined();
    const row = rows.get("d2");
    if (row) row.expiresAt = clock.now() + 1_000;
    expect((await devices.byToken(token(2)))?.device).toBe("d2");
    clock.pass(1_000);
    rows.delete("d2");
    expect(await devices.byToken(token(2))).toBeUndefined();
    const before = asked.length;
    expect(await devices.byToken("act_short")).toBeUndefined();
    expect(asked).toHaveLength(before);
  });
});
