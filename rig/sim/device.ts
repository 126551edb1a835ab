// What clients fetch later is here: virtual time does not wait for files.
import "../../sdk/src/again.ts";
import { type Actor, decide } from "@aftercare/core";
import type { Credential, StreamId } from "@aftercare/protocol";
import { createClient } from "../../sdk/src/client.ts";
import type { Client, ClientPorts, Store, StreamHandle, Tabs, TransportName, Wake } from "../../sdk/src/types.ts";
import { type Conditions, fairConditions, type Network } from "./network.ts";
import type { Random } from "./random.ts";
import { type Delay, type Life, makeLife, type Scheduler } from "./scheduler.ts";

const disk: Delay = { lowMs: 0.05, highMs: 4, longMs: 60, longChance: 0.02 };
const credentialMs: Delay = { lowMs: 1, highMs: 40 };

/** A browser's store: outlives its tabs; a transaction is done whole or not at all. */
export class Disk {
  readonly rows = new Map<string, string>();
  full = false;
  readonly #scheduler: Scheduler;
  #at = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  open(life: Life): Store {
    return {
      list: (prefix) =>
        this.#do(life, () => {
          const keys = [...this.rows.keys()].filter((key) => key.startsWith(prefix)).sort();
          return keys.map((key) => [key, JSON.parse(this.rows.get(key) as string) as unknown]);
        }),
      get: (key) =>
        this.#do(life, () => {
          const text = this.rows.get(key);
          return text === undefined ? undefined : (JSON.parse(text) as unknown);
        }),
      write: (change) => {
        const put = (change.put ?? []).map(([key, value]) => [key, JSON.stringify(value)] as const);
        const gone = [...(change.delete ?? [])];
        return this.#do(life, () => {
          if (this.full) throw new Error("quota");
          for (const [key, text] of put) this.rows.set(key, text);
          for (const key of gone) this.rows.delete(key);
        });
      },
      clear: () => this.#do(life, () => this.rows.clear()),
      close: async () => undefined,
    };
  }

  /** Transactions of one store run one after another. What a dying tab had begun may be done or not. */
  #do<T>(life: Life, run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#at = Math.max(this.#at, this.#scheduler.now + this.#scheduler.draw(disk));
      const work = (): void => {
        try {
          const value = run();
          this.#scheduler.soon(disk, () => resolve(value), life);
        } catch (error) {
          this.#scheduler.soon(disk, () => reject(error), life);
        }
      };
      this.#scheduler.at(this.#at, work, life);
    });
  }
}

export type Tab = {
  readonly device: Device;
  readonly life: Life;
  readonly client: Client;
  readonly handles: Map<StreamId, StreamHandle>;
};

type Port = { life: Life; lead: (() => void) | undefined; hear: ((message: unknown) => void) | undefined };

/** One browser of one account: a store, and tabs that share it. */
export class Device {
  readonly name: string;
  readonly actor: Actor;
  readonly disk: Disk;
  readonly conditions: Conditions = { ...fairConditions };
  readonly tabs: Tab[] = [];
  /** Tabs that were made so far. */
  made = 0;
  clockOffsetMs = 0;
  /** Its store was full once: what it showed then may be lost with its tab. */
  forgetful = false;
  readonly #ports: Port[] = [];
  readonly #wake = new Map<Life, { wake: Set<() => void>; offline: Set<() => void> }>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #network: Network;
  readonly #homeHost: number;
  #leader: Port | undefined;

  constructor(name: string, actor: Actor, scheduler: Scheduler, random: Random, network: Network, homeHost: number) {
    this.name = name;
    this.actor = actor;
    this.disk = new Disk(scheduler);
    this.#scheduler = scheduler;
    this.#random = random;
    this.#network = network;
    this.#homeHost = homeHost;
  }

  openTab(): Tab {
    const life = makeLife(`${this.name}.${this.made++}`);
    const client = createClient(this.#portsOf(life));
    const tab: Tab = { device: this, life, client, handles: new Map() };
    this.tabs.push(tab);
    void client.start();
    return tab;
  }

  #portsOf(life: Life): ClientPorts {
    const principal = { ...this.actor, credential: this.name };
    const caller = { life, principal, conditions: this.conditions, homeHost: this.#homeHost };
    const names: TransportName[] = ["websocket", "poll"];
    const random = this.#random.fork();
    const scheduler = this.#scheduler;
    return {
      transports: names.map((name) => this.#network.transport(name, caller)),
      auth: { credential: () => this.#credential(life) },
      store: this.disk.open(life),
      tabs: this.#tabsOf(life),
      wake: this.#wakeOf(life),
      clock: {
        now: () => Math.floor(scheduler.now) + this.clockOffsetMs,
        elapsed: () => scheduler.now - scheduler.startMs,
        setTimer: (callback, delayMs) => scheduler.after(delayMs, callback, life),
        clearTimer: (timer) => scheduler.cancel(timer),
      },
      random: (bytes) => random.bytes(bytes),
      law: decide,
    };
  }

  #credential(life: Life): Promise<Credential | undefined> {
    const { account, name, kind } = this.actor;
    return new Promise((resolve, reject) => {
      const answer = (): void => {
        if (this.conditions.offline) reject(new Error("no network"));
        else resolve({ token: this.name, account, name, kind, expiresAt: Number.MAX_SAFE_INTEGER });
      };
      this.#scheduler.soon(credentialMs, answer, life);
    });
  }

  #tabsOf(life: Life): Tabs {
    const port: Port = { life, lead: undefined, hear: undefined };
    this.#ports.push(port);
    return {
      elect: (lead) => {
        port.lead = lead;
        if (!this.#leader && this.#ports.length === 1) {
          this.#leader = port;
          lead();
        } else this.#electSoon();
      },
      post: (message) => {
        if (this.#ports.length === 1) return;
        const text = JSON.stringify(message);
        for (const other of this.#ports)
          if (other !== port) {
            this.#postAt = Math.max(this.#postAt, this.#scheduler.now + this.#scheduler.draw(disk));
            this.#scheduler.at(this.#postAt, () => other.hear?.(JSON.parse(text) as unknown), other.life);
          }
      },
      onMessage: (listener) => {
        port.hear = listener;
      },
      close: () => this.#leave(port),
    };
  }

  #postAt = 0;

  #electSoon(): void {
    this.#scheduler.soon(disk, () => {
      if (this.#leader) return;
      const next = this.#ports.find(({ lead, life }) => lead && life.alive);
      if (!next) return;
      this.#leader = next;
      next.lead?.();
    });
  }

  #leave(port: Port): void {
    const index = this.#ports.indexOf(port);
    if (index >= 0) this.#ports.splice(index, 1);
    if (this.#leader !== port) return;
    this.#leader = undefined;
    this.#electSoon();
  }

  #wakeOf(life: Life): Wake {
    const listeners = { wake: new Set<() => void>(), offline: new Set<() => void>() };
    this.#wake.set(life, listeners);
    const { conditions } = this;
    const on = (set: Set<() => void>) => (listener: () => void) => {
      set.add(listener);
      return () => set.delete(listener);
    };
    return {
      get onLine() {
        return !conditions.offline;
      },
      onWake: on(listeners.wake),
      onOffline: on(listeners.offline),
    };
  }

  setOffline(offline: boolean): void {
    if (this.conditions.offline === offline) return;
    this.conditions.offline = offline;
    for (const [life, { wake, offline: lost }] of this.#wake)
      for (const listener of offline ? lost : wake) this.#scheduler.soon(disk, listener, life);
  }

  /** The page is looked at again. */
  wakeUp(): void {
    for (const [life, { wake }] of this.#wake) for (const listener of wake) this.#scheduler.soon(disk, listener, life);
  }

  /** The tab's process dies between two steps. */
  crash(tab: Tab): void {
    tab.life.alive = false;
    for (const wire of this.#network.of(tab.life)) wire.clientDied();
    this.#forget(tab);
    const port = this.#ports.find(({ life }) => life === tab.life);
    if (port) this.#leave(port);
  }

  /** The tab is closed in order. */
  close(tab: Tab): void {
    this.#forget(tab);
    void tab.client.stop();
  }

  #forget(tab: Tab): void {
    this.tabs.splice(this.tabs.indexOf(tab), 1);
    this.#wake.delete(tab.life);
  }
}
