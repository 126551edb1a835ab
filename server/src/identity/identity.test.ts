import { describe, expect, test } from "bun:test";
import { limits } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import { systemSecrets as secrets } from "../platform.ts";
import { createDevices } from "./devices.ts";
import { createLockout, type Tries } from "./lockout.ts";
import { base64url } from "./ports.ts";
import type { DeviceRow, IdentityStore } from "./store.ts";
import { createTickets } from "./tickets.ts";

function fakeClock(): Clock & { pass(ms: number): void } {
  let now = 1_800_000_000_000;
  return {
    now: () => now,
    elapsed: () => now,
    setTimer: () => undefined,
    clearTimer: () => undefined,
    pass(ms) {
      now += ms;
    },
  };
}

describe("tickets", () => {
  const key = new Uint8Array(32);

  test("one is good until it expires, once on all nodes, under its own key", async () => {
    const clock = fakeClock();
    const seen = new Set<string>();
    const store: Pick<IdentityStore, "useTickets"> = {
      async useTickets(given) {
        const first = given.map(({ nonce }) => nonce).filter((nonce) => !seen.has(nonce));
        for (const nonce of first) seen.add(nonce);
        return new Set(first);
      },
    };
    const tickets = createTickets({ clock, secrets, key, store });
    const [used, late, alien] = [tickets.issue("d1"), tickets.issue("d2"), tickets.issue("d3")];
    expect(used.ticket.length).toBeLessThanOrEqual(500);
    expect(await tickets.redeem(used.ticket)).toBe("d1");
    expect(await tickets.redeem(used.ticket)).toBeUndefined();
    expect(await createTickets({ clock, secrets, key, store }).redeem(used.ticket)).toBeUndefined();
    const otherKey = new Uint8Array(32).fill(1);
    expect(await createTickets({ clock, secrets, key: otherKey, store }).redeem(alien.ticket)).toBeUndefined();
    clock.pass(limits.ticketTtlMs - 1);
    expect(await tickets.redeem(alien.ticket)).toBe("d3");
    clock.pass(1);
    expect(await tickets.redeem(late.ticket)).toBeUndefined();
    expect(await tickets.redeem(used.ticket)).toBeUndefined();
  });
});

describe("lockout", () => {
  function setup() {
    const clock = fakeClock();
    const rows = new Map<string, { count: number; at: number }>();
    const tries = async (hash: string): Promise<Tries | undefined> => {
      const row = rows.get(hash);
      return row && { count: row.count, agoMs: clock.now() - row.at };
    };
    const store = {
      tries,
      async countTry(hash, before) {
        if ((rows.get(hash)?.count ?? 0) !== before) return false;
        rows.set(hash, { count: before + 1, at: clock.now() });
        return true;
      },
      forgiveTries: async (hash) => void rows.delete(hash),
    } as Partial<IdentityStore> as IdentityStore;
    const node = () => createLockout({ store, secrets }, "login", { free: 3, firstMs: 1_000, longestMs: 8_000 });
    return { clock, rows, lockout: node(), other: node() };
  }

  test("the wait doubles up to its bound on all nodes together, and is forgotten after success or an hour", async () => {
    const { clock, rows, lockout, other } = setup();
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      const one = n % 2 === 0 ? lockout : other;
      const wait = await one.count("mei");
      waits.push(wait);
      clock.pass(wait);
      if (wait > 0) expect(await one.count("mei")).toBe(0);
    }
    expect(waits).toEqual([0, 0, 0, 1_000, 2_000, 4_000, 8_000, 8_000]);
    expect(await lockout.waitMs("kit")).toBe(0);
    expect(JSON.stringify([...rows.keys()])).not.toContain("mei");
    clock.pass(7_999);
    expect(await other.waitMs("mei")).toBe(1);
    await lockout.forgive("mei");
    expect(await other.waitMs("mei")).toBe(0);
    for (let n = 0; n < 3; n++) await lockout.count("mei");
    expect(await lockout.waitMs("mei")).toBe(1_000);
    clock.pass(3_600_001);
    expect(await lockout.waitMs("mei")).toBe(0);
  });

  test("tries at the same moment do not slip through together", async () => {
    const { lockout, other } = setup();
    const waits = await Promise.all(Array.from({ length: 12 }, (_, n) => (n % 2 ? lockout : other).count("mei")));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
  });
});

describe("devices", () => {
  function setup() {
    const clock = fakeClock();
    const rows = new Map<string, DeviceRow>();
    const asked: string[][] = [];
    /** What was read comes when this resolves. */
    const answers = { held: Promise.resolve() };
    const store = {
      devices: async (by, keys) => {
        asked.push([...keys]);
        const found = [...rows.values()].filter((row) => keys.includes(by === "id" ? row.device : row.tokenHash));
        await answers.held;
        return found;
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
        role: null,
        permissions: null,
        shop: null,
        tokenHash,
        expiresAt,
        usedAt: clock.now(),
      });
    }
    return { clock, rows, asked, answers, token, devices: createDevices({ store, clock, secrets, log }) };
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

  test("L5 an account's devices are read anew, also where a reading was under way when it changed", async () => {
    const { rows, asked, answers, token, devices } = setup();
    await devices.byToken(token(1));
    const change = (role: string) => {
      for (const [id, row] of rows) rows.set(id, { ...row, role });
    };
    change("agent");
    expect((await devices.byToken(token(1)))?.role).toBeNull();
    devices.forgetAccounts(["a"]);
    expect((await devices.byToken(token(1)))?.role).toBe("agent");
    const before = asked.length;
    devices.forgetAccounts(["another"]);
    await devices.byToken(token(1));
    expect(asked).toHaveLength(before);
    const { promise, resolve } = Promise.withResolvers<void>();
    answers.held = promise;
    const underWay = devices.byToken(token(2));
    for (const count = asked.length; asked.length === count; ) await Promise.resolve();
    change("expert");
    devices.forgetAccounts("all");
    resolve();
    expect((await underWay)?.role).toBe("agent");
    expect((await devices.byToken(token(2)))?.role).toBe("expert");
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
