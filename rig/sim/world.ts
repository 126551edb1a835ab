import { type Actor, rolePermissions } from "@aftercare/core";
import {
  type AccountId,
  type CommandId,
  type CommandType,
  type Event,
  inboxOf,
  limits,
  makeId,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import type { StreamHandle } from "../../sdk/src/types.ts";
import type { Principal, Settings } from "../../server/src/context.ts";
import { Again } from "./again.ts";
import { BellWires } from "./bus.ts";
import { Device, type Tab } from "./device.ts";
import { Machine } from "./host.ts";
import { Meant } from "./meant.ts";
import { ModelDatabase } from "./model-store.ts";
import { type Host, Network } from "./network.ts";
import { Random } from "./random.ts";
import { makeLife, Scheduler } from "./scheduler.ts";
import type { Answer } from "./tries.ts";
import { Views } from "./views.ts";
import { Violation } from "./violation.ts";
import { Watch } from "./watch.ts";

export type Scale = {
  machines: number;
  staff: number;
  customers: number;
  devices: number;
  tabs: number;
  settings: Settings;
  hearsItself: "at-once" | "by-wire";
  small: { gapEvents: number; snapshotItems: number; pageItems: number };
};

/** A command that a device showed as its own, and so must not lose. */
export type Promised = { device: Device; account: AccountId; type: CommandType; stream: StreamId | undefined };

const startMs = 1_767_225_600_000;

/** One shop in virtual time: a database, nodes, devices, and what watches them. */
export class World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly database: ModelDatabase;
  readonly bells: BellWires;
  readonly network: Network;
  readonly watch: Watch;
  readonly views: Views;
  readonly again = new Again(this);
  readonly meant = new Meant();
  readonly machines: Machine[];
  readonly devices: Device[] = [];
  readonly actors: Actor[] = [];
  readonly desk: StreamId;
  readonly scale: Scale;
  /** What the outboxes held, by id. */
  readonly promised = new Map<CommandId, Promised>();
  /** Ids that a person gave up. */
  readonly givenUp = new Set<CommandId>();
  /** Ids in the order a device sent them, by device and stream; only of devices with one tab. */
  readonly sentInOrder = new Map<string, CommandId[]>();
  readonly trace: string[] = [];
  violation: Violation | undefined;
  /** Whether every frame goes into the trace. */
  readonly wordy: boolean;

  readonly seed: number;

  constructor(seed: number, scale: (random: Random) => Scale, wordy = false) {
    this.seed = seed;
    this.wordy = wordy;
    this.random = new Random(seed);
    this.scale = scale(this.random);
    Object.assign(limits, this.scale.small);
    this.scheduler = new Scheduler(startMs, this.random.fork());
    this.database = new ModelDatabase(this.scheduler, this.random.fork(), {
      lowMs: 0.1,
      highMs: 3,
      longMs: 60,
      longChance: 0.01,
    });
    this.bells = new BellWires(this.scheduler, this.random.fork());
    this.watch = new Watch(this.database);
    this.database.onCommit = (events) => {
      this.watch.chronicle.tell(events);
      this.guard(() => this.watch.tries.committed(events));
      this.guard(() => this.meant.judge(this.database.tables, events as readonly Event[]));
    };
    this.views = new Views(this.database, this.watch.chronicle);
    this.network = new Network(this.scheduler, this.random.fork(), {
      sent: (wire, frame) => {
        if (this.wordy) this.#note(`node${wire.host.index} > ${wire.caller.life.name} ${frame}`);
        this.guard(() => this.watch.sent(wire, frame));
        this.again.told(wire, frame);
      },
      received: (wire, text) => {
        if (this.wordy) this.#note(`node${wire.host.index} < ${wire.caller.life.name} ${text}`);
        this.watch.received(wire, text);
      },
    });
    this.network.hosts = () => this.machines.flatMap(({ host, stopping }) => (host && !stopping ? [host] : []));
    this.machines = this.#makeMachines();
    this.desk = makeId("d_", startMs, this.random.bytes(10));
    this.#makePeople();
  }

  #makeMachines(): Machine[] {
    const { scheduler, random, database, bells, network, scale } = this;
    return Array.from(
      { length: scale.machines },
      (_, index) =>
        new Machine(index, {
          scheduler,
          random: random.fork(),
          database,
          bells,
          network,
          settings: scale.settings,
          hearsItself: scale.hearsItself,
          trouble: (host, level, fields, text) => {
            this.say(`node${host} ${level}: ${text} ${JSON.stringify(fields)}`);
            if (level === "error") this.fail(new Violation("bug", `${text} ${JSON.stringify(fields)}`));
          },
        }),
    );
  }

  #makePeople(): void {
    const { random, scale, database } = this;
    const make = (name: string, kind: Actor["kind"]): Actor => ({
      account: makeId("a_", startMs + this.actors.length, random.bytes(10)),
      name,
      kind,
      may: kind === "staff" ? rolePermissions.agent : [],
    });
    for (let i = 0; i < scale.staff; i++) this.actors.push(make(`staff${i}`, "staff"));
    // In some runs the last of them supervises: reads conversations with customers that they are not in.
    const last = this.actors.at(-1);
    if (this.seed % 11 > 6 && last) {
      last.may = rolePermissions.supervisor;
      this.watch.readers.add(last.account);
    }
    for (let i = 0; i < scale.customers; i++) this.actors.push(make(`customer${i}`, "customer"));
    for (const actor of this.actors) database.tables.addAccount(actor);
    // One member of staff does not serve at the desk, so that there is somebody to add.
    const serving = this.actors.filter(({ kind }) => kind === "staff").slice(0, Math.max(1, scale.staff - 1));
    database.tables.addDesk(this.desk, "After-sales", serving);
    for (const actor of this.actors) {
      const count = random.int(1, scale.devices);
      for (let i = 0; i < count; i++) {
        const home = random.int(0, scale.machines - 1);
        const name = `${actor.name}.${i}`;
        this.devices.push(new Device(name, actor, this.scheduler, random.fork(), this.network, home));
      }
    }
  }

  get hosts(): Host[] {
    return this.machines.flatMap(({ host }) => host ?? []);
  }

  get tabs(): Tab[] {
    return this.devices.flatMap(({ tabs }) => tabs);
  }

  openTab(device: Device): Tab {
    const tab = device.openTab();
    this.say(`${tab.life.name} opens`);
    tab.client.pending.subscribe((pending) => {
      const { account } = device.actor;
      for (const { id, type, stream, body } of pending) {
        if (this.promised.has(id) || this.givenUp.has(id)) continue;
        this.promised.set(id, { device, account, type, stream });
        if (type === "message.recall") this.again.recalls(account, stream, (body as { seq?: Seq }).seq);
      }
    });
    return tab;
  }

  /** The handle of a stream in a tab, watched from the first look on. */
  look(tab: Tab, stream: StreamId): StreamHandle {
    const known = tab.handles.get(stream);
    if (known) return known;
    const handle = tab.client.stream(stream);
    tab.handles.set(stream, handle);
    const watched = this.views.watcher(`${tab.life.name}`);
    handle.view.subscribe((view) => tab.life.alive && this.guard(() => watched(view.confirmed)));
    return handle;
  }

  /** A command by the HTTP API of a node. */
  async order({ node }: Host, principal: Principal, command: { id: CommandId }): Promise<Answer> {
    const { account } = principal;
    const place = {};
    this.watch.tries.begin(account, command, place);
    const answer = await node.execute(principal, command);
    this.guard(() => this.watch.tries.answered(account, command.id, place, answer));
    return answer;
  }

  homeOf(promised: Pick<Promised, "stream" | "account">): StreamId {
    return promised.stream ?? inboxOf(promised.account);
  }

  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.violation ??=
      error instanceof Violation ? error : new Violation("bug", String((error as Error)?.stack ?? error));
  }

  /** A line of the trace; also part of what makes two runs the same. */
  say(text: string): void {
    this.scheduler.noteText(text);
    this.#note(text);
  }

  #note(text: string): void {
    this.trace.push(`${(this.scheduler.now - startMs).toFixed(1)} ${text}`);
    if (!this.wordy && this.trace.length > 4_000) this.trace.splice(0, 1_000);
  }

  /** Lets time go on, until a violation. */
  run(forMs: number): void {
    if (this.violation) return;
    try {
      this.scheduler.run(this.scheduler.now + forMs, () => this.violation !== undefined);
    } catch (error) {
      this.fail(error);
    }
    const met = this.database.violations[0];
    if (met) this.fail(new Violation("dense", met));
  }

  /** Somebody who is no device: a stranger to the schedule of the nodes. */
  bystander() {
    return makeLife("bystander");
  }
}
