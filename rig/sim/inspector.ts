import type { Actor } from "@aftercare/core";
import {
  type AccountId,
  type LinkAlarm,
  makeCommandId,
  type Seq,
  type ServerFrame,
  type StreamId,
  type Trace,
} from "@aftercare/protocol";
import type { Principal } from "../../server/src/context.ts";
import { deviceMark } from "../../server/src/gateway/alarms.ts";
import { fingerprint } from "./host.ts";
import type { Host, Wire } from "./network.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** How far a stream went out to a device, and came back as received. */
type Reach = { account: AccountId; sent: Seq; received: Seq };
/** Events of a stream that are looked at: the first ones, which many could not read, and the newest. */
const firstLookedAt = 3;
const lastLookedAt = 10;

/** What the wires carried, apart from the product's own marks; of the present log alone. */
export class Deliveries {
  readonly #reach = new Map<string, Reach>();

  /** The log went back: the seqs above its heads are others now. */
  restored(head: (stream: StreamId) => Seq): void {
    for (const [place, reach] of this.#reach) {
      const most = head(place.slice(0, place.indexOf(" ")));
      reach.sent = Math.min(reach.sent, most);
      reach.received = Math.min(reach.received, most);
    }
  }

  #of({ caller: { principal } }: Wire, stream: StreamId): Reach {
    const place = `${stream} ${deviceMark({ fingerprint }, principal.credential)}`;
    const reach = this.#reach.get(place) ?? { account: principal.account, sent: 0, received: 0 };
    this.#reach.set(place, reach);
    return reach;
  }

  sent(wire: Wire, frame: ServerFrame, epoch: number): void {
    const raise = (stream: StreamId, seq: Seq): void => {
      const reach = this.#of(wire, stream);
      reach.sent = Math.max(reach.sent, seq);
    };
    if (frame.t === "event" && frame.epoch === epoch) raise(frame.event.stream, frame.event.seq);
    if (frame.t === "reset" && frame.snapshot.epoch === epoch) raise(frame.snapshot.stream, frame.snapshot.seq);
    if (frame.t === "live" && frame.epoch === epoch) raise(frame.stream, frame.seq);
    if (frame.t === "events" && frame.epoch === epoch) raise(frame.stream, frame.events.at(-1)?.seq ?? 0);
  }

  received(wire: Wire, text: string): void {
    if (!text.startsWith('{"t":"receipt"')) return;
    const {
      stream,
      deliveredSeq = 0,
      readSeq = 0,
    } = JSON.parse(text) as {
      stream: StreamId;
      deliveredSeq?: Seq;
      readSeq?: Seq;
    };
    const reach = this.#of(wire, stream);
    reach.received = Math.max(reach.received, deliveredSeq, readSeq);
  }

  /** Holds a trace to what the wires carried. */
  judge({ stream, seq, people }: Trace, mayRead: (account: AccountId) => boolean): void {
    for (const { account, devices } of people)
      for (const { device, sentAt, deliveredAt, readAt } of devices) {
        const where = `${stream} ${seq}: ${account} on ${device}`;
        const reach = this.#reach.get(`${stream} ${device}`);
        if (!mayRead(account)) throw new Violation("traced", `${where} could not read it, and is told to have it`);
        if (reach?.account !== account) throw new Violation("traced", `${where} was sent nothing`);
        if (sentAt !== undefined && reach.sent < seq)
          throw new Violation("traced", `${where} was sent up to ${reach.sent}`);
        if ((deliveredAt ?? readAt) !== undefined && reach.received < seq)
          throw new Violation("traced", `${where} received up to ${reach.received}`);
      }
  }
}

/** Asks the inspector of one node about the newest messages. */
export function askTraces(world: World): void {
  const [host] = world.hosts;
  const { tables } = world.database;
  for (const actor of world.actors) {
    if (actor.kind !== "staff" || !host) continue;
    for (const { status, stream } of tables.memberships(actor.account)) {
      if (status !== "joined" || !/^[cn]_/.test(stream)) continue;
      const head = tables.streams.get(stream)?.lastSeq ?? 0;
      for (let seq = 1; seq <= head; seq++) {
        if (seq > firstLookedAt && seq <= head - lastLookedAt) continue;
        void host.node.read(chief(actor), { type: "trace", stream, seq }).then((told) => {
          if (!("answer" in told)) return;
          const mayRead = (account: AccountId) =>
            world.watch.chronicle.mayRead(stream, account, seq) || world.watch.readsByRight(stream, account);
          world.guard(() => world.watch.deliveries.judge(told.answer as Trace, mayRead));
        });
      }
    }
  }
}

const chief = (actor: Actor): Principal => ({
  ...actor,
  may: [...(actor.may ?? []), "delivery.inspect"],
  credential: "chief",
});

/** The longest that a dead link is one, and that another node goes on telling of it. */
const overMs = 65_000;
const withinMs = 20_000;

/** At rest there are no alarms; then one link goes silent to its node, which tells it in time and not for ever. */
export function drillAlarms(world: World): void {
  const { random } = world;
  world.run(overMs);
  expectAlarms(world, world.hosts, undefined);
  const wire = random.pick([...world.network.wires].filter(({ host }) => world.hosts.includes(host)));
  const said = wire && saySomething(world, wire);
  if (!said) return;
  wire.upSilent = true;
  // One that nobody heard since its hello never acknowledged, and so did not stop: it is no alarm, and found dead (law 10).
  const stopped = wire.arrived > 1;
  world.run(withinMs);
  // It may have been refused, and it says nothing to a link that ended for another reason.
  if (said.acked && world.network.wires.has(wire)) expectAlarms(world, [wire.host], stopped ? wire : undefined);
  world.run(overMs);
  expectAlarms(world, world.hosts, undefined);
}

/** Somebody else says something where the link's account is a member. */
function saySomething(world: World, { host, caller }: Wire): { acked: boolean } | undefined {
  const { tables } = world.database;
  const { account } = caller.principal;
  const joined = (who: AccountId) =>
    tables.memberships(who).flatMap(({ status, stream }) => (status === "joined" ? [stream] : []));
  const mine = new Set(joined(account).filter((stream) => stream.startsWith("c_")));
  for (const actor of world.actors) {
    const stream = actor.account === account ? undefined : joined(actor.account).find((one) => mine.has(one));
    if (stream === undefined) continue;
    const said = { acked: false };
    const id = makeCommandId(Math.floor(world.scheduler.now), world.random.bytes(10));
    const command = { id, type: "message.send", stream, body: { parts: [{ type: "text", text: "anybody there?" }] } };
    void world.order(host, { ...actor, credential: "drill" }, command).then((answer) => {
      said.acked = "ack" in answer;
    });
    return said;
  }
  return undefined;
}

function expectAlarms(world: World, hosts: readonly Host[], wire: Wire | undefined): void {
  const [staff] = world.actors;
  if (!staff || world.violation) return;
  const device = wire && deviceMark({ fingerprint }, wire.caller.principal.credential);
  for (const { node, index } of hosts)
    void node.read(chief(staff), { type: "alarms" }).then((told) => {
      const links = "answer" in told ? (told.answer as { links: LinkAlarm[] }).links : [];
      world.guard(() => {
        if (device === undefined && links.length > 0)
          throw new Violation("alarm", `node${index} at rest: ${JSON.stringify(links)}`);
        if (device !== undefined && !links.some((link) => link.device === device))
          throw new Violation("alarm", `node${index} tells nothing of the silent ${device}: ${JSON.stringify(links)}`);
      });
    });
  world.run(1_000);
}
