import { describe, expect, test } from "bun:test";
import { type Credential, closeCodes } from "@aftercare/protocol";
import { ChatServer } from "../../rig/fakes/chat-server.ts";
import { VirtualClock } from "../../rig/fakes/clock.ts";
import { Device, type Person, textsOf } from "../../rig/fakes/device.ts";
import type { Auth, Connection, Transport } from "./types.ts";

const ann: Person = { account: "a_0000000000000000000001", name: "Ann", kind: "staff" };
const group = "c_0000000000000000000001";

function world() {
  const clock = new VirtualClock();
  const server = new ChatServer(clock);
  server.account(ann);
  server.group(group, [ann]);
  const device = new Device(server, ann);
  const all: Transport[] = (["websocket", "sse", "poll"] as const).map((name) => server.transport(ann, name));
  return { clock, server, device, all };
}

const transportOf = (connection: Connection) =>
  connection.state === "online" ? connection.transport : connection.state;

describe("connection", () => {
  test("L10 silence ends the link within 40 s, and it is shown", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    for (let i = 0; i < 5; i++) {
      await clock.advance(15_000);
      server.beat();
    }
    await clock.advance(10);
    expect(client.connection.value.state).toBe("online");
    const [session] = server.sessions;
    expect(session?.received.filter(({ t }) => t === "beat")).toHaveLength(5);
    const states: string[] = [];
    client.connection.subscribe(({ state }) => states.push(state));
    server.accepts = () => false;
    await clock.advance(40_000);
    expect(states[0]).toBe("connecting");
    expect(server.sessions.size).toBe(0);
    const { value } = client.connection;
    expect(value.state === "connecting" && value.since).toBeGreaterThan(0);
  });

  test.each([-3_600_000, 3_600_000])(
    "L10 a wall clock set by %i ms hides no silence, and makes none",
    async (jumpMs) => {
      const { clock, server, device } = world();
      const client = device.client();
      await client.start();
      await clock.advance(10);
      const states: string[] = [];
      client.connection.subscribe(({ state }) => states.push(state));
      clock.jump(jumpMs);
      await clock.advance(30_000);
      server.beat();
      await clock.advance(30_000);
      expect(states).toEqual([]);
      clock.jump(jumpMs);
      server.accepts = () => false;
      await clock.advance(10_001);
      expect(states[0]).toBe("connecting");
    },
  );

  test("L10 silence is judged at once when a machine wakes: its timers stood still, its wall clock did not", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const [asleep] = server.sessions;
    clock.jump(3_600_000);
    device.wake.set(true);
    await clock.advance(10);
    expect(client.connection.value.state).toBe("online");
    expect(server.sessions.has(asleep as never)).toBe(false);
  });

  test("L10 waits grow with full jitter up to 30 s, and start small again after a steady link", async () => {
    const { clock, server, device } = world();
    server.accepts = () => false;
    const client = device.client();
    const waits: number[] = [];
    client.connection.subscribe((value) => {
      if (value.state === "connecting" && value.retryAt !== undefined) waits.push(value.retryAt - clock.now());
    });
    await client.start();
    await clock.advance(300_000);
    expect(Math.max(...waits.slice(0, 2))).toBeLessThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
    expect(Math.max(...waits.slice(6))).toBeGreaterThan(4_000);
    server.accepts = () => true;
    await clock.advance(60_000);
    expect(client.connection.value.state).toBe("online");
    waits.length = 0;
    server.cut();
    await clock.advance(1_000);
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(client.connection.value.state).toBe("online");
  });

  test("no network is shown as offline; its return is used at once", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    device.wake.set(false);
    expect(client.connection.value.state).toBe("offline");
    expect(server.sessions.size).toBe(0);
    await clock.advance(100_000);
    expect(server.sessions.size).toBe(0);
    device.wake.set(true);
    await clock.advance(0);
    expect(client.connection.value.state).toBe("online");
  });

  test("L11 codes from 4500 on end it for good; those below reconnect", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    server.cut(closeCodes.slow);
    await clock.advance(60_000);
    expect(client.connection.value.state).toBe("online");
    server.cut(closeCodes.unauthorised);
    await clock.advance(100_000);
    expect(client.connection.value).toEqual({ state: "closed", reason: "unauthorised" });
    expect(server.sessions.size).toBe(0);
  });

  test("L5 a credential that was refused while another tab was given the next one does not end the connection", async () => {
    const { clock, server, device } = world();
    const token = (name: string): Credential => ({ token: name, ...ann, expiresAt: Number.MAX_SAFE_INTEGER });
    let current = token("before");
    const refused: string[] = [];
    const auth: Auth = {
      credential: async () => current,
      another: async (credential) => {
        refused.push(credential.token);
        await new Promise<void>((resolve) => void clock.setTimer(resolve, 500));
        if (credential.token === "next") return undefined;
        current = token("next");
        return current;
      },
    };
    const client = device.client({ auth });
    await client.start();
    await clock.advance(10);
    server.cut(closeCodes.unauthorised);
    expect(client.connection.value.state).toBe("connecting");
    await clock.advance(1_000);
    expect(client.connection.value.state).toBe("online");
    server.cut(closeCodes.unauthorised);
    await clock.advance(1_000);
    expect(client.connection.value).toEqual({ state: "closed", reason: "unauthorised" });
    expect(refused).toEqual(["before", "next"]);
  });

  test("L17 a node that is going is left at the time it says", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const [session] = server.sessions;
    session?.tell({ t: "move", inMs: 2_000 });
    await clock.advance(1_900);
    expect(server.sessions.has(session as never)).toBe(true);
    await clock.advance(200);
    expect(server.sessions.has(session as never)).toBe(false);
    expect(server.sessions.size).toBe(1);
    expect(client.connection.value.state).toBe("online");
  });

  test("falls back when the socket does not open, and then when streams do not either", async () => {
    const { clock, server, device, all } = world();
    server.accepts = (name) => name === "poll";
    const client = device.client({ transports: all });
    await client.start();
    await clock.advance(30_000);
    expect(transportOf(client.connection.value)).toBe("poll");
    // Remembered: the next start goes there at once.
    await client.stop();
    const again = device.client({ transports: all });
    await again.start();
    await clock.advance(10);
    expect(transportOf(again.connection.value)).toBe("poll");
  });

  test("returns to the better transport in the background, only once it was welcomed, and loses nothing", async () => {
    const { clock, server, device, all } = world();
    server.accepts = (name) => name === "sse";
    const client = device.client({ transports: all });
    await client.start();
    await clock.advance(30_000);
    expect(transportOf(client.connection.value)).toBe("sse");
    const states: string[] = [];
    client.connection.subscribe((value) => states.push(transportOf(value)));
    const beating = setBeats(clock, server);
    await clock.advance(130_000);
    expect(states).toEqual([]);
    server.accepts = () => true;
    server.say(group, "a_0000000000000000000009", "meanwhile");
    await clock.advance(130_000);
    expect(states).toEqual(["websocket"]);
    expect(server.sessions.size).toBe(1);
    expect(textsOf(client.stream(group))).toEqual(["meanwhile"]);
    beating();
  });

  test("the time is the server's, also when this device's clock is wrong", async () => {
    const { clock, server, device } = world();
    const wrong = {
      now: () => clock.now() - 3_600_000,
      elapsed: () => clock.elapsed(),
      setTimer: clock.setTimer.bind(clock),
      clearTimer: clock.clearTimer.bind(clock),
    };
    const client = device.client({ clock: wrong });
    await client.start();
    await clock.advance(10);
    expect(Math.abs(client.serverNow() - clock.now())).toBeLessThan(50);
    server.beat();
    await clock.advance(10);
    expect(Math.abs(client.serverNow() - clock.now())).toBeLessThan(50);
  });

  test("after stop nothing is left running", async () => {
    const { clock, server, device, all } = world();
    const client = device.client({ transports: all });
    await client.start();
    await clock.advance(10);
    client.stream(group).setDraft("typed");
    client.stream(group).typing(true);
    void client.read({ type: "people" });
    await client.stop();
    expect(clock.pending).toBe(0);
    expect(server.sessions.size).toBe(0);
    expect(JSON.stringify([...device.data])).toContain("typed");
  });
});

function setBeats(clock: VirtualClock, server: ChatServer): () => void {
  let timer: unknown;
  const beat = () => {
    server.beat();
    timer = clock.setTimer(beat, 15_000);
  };
  beat();
  return () => clock.clearTimer(timer);
}
