import { expect, test } from "bun:test";
import { newCommandId } from "../client.ts";
import { Random } from "../sim/random.ts";
import { Fleet } from "./fleet.ts";
import { castOf, ownStream, startLoad } from "./load.ts";
import { judge } from "./oracle.ts";
import type { Phone } from "./phone.ts";

const limitMs = 120_000;

/** An oracle that never says no is worth nothing: each lie is told once, and must be found out. */
test(
  "the oracle finds each kind of breach, and none where all is well",
  async () => {
    const random = new Random(1);
    const fleet = await Fleet.open({ random, nodes: 1 });
    const cast = await castOf(fleet);
    try {
      const load = startLoad(cast, random);
      await load.more(60);
      await load.stop();
      const well = await judge(fleet, cast);
      expect(well.breaches).toEqual([]);
      expect(well.checked.stays).toBeGreaterThan(10);

      const bo = cast.phones.find(({ name }) => name === "Bo") as Phone;
      const stream = ownStream(cast, bo);
      const ghost = { id: newCommandId(), type: "message.send", stream, by: bo.account, who: "ghost", refusals: [] };
      const lost = await judge(fleet, cast, [{ ...ghost, acks: [{ id: ghost.id, stream, seq: 3, at: 0 } as never] }]);
      expect(lost.breaches.join()).toContain("acknowledged and is LOST");
      const mute = await judge(fleet, cast, [{ ...ghost, acks: [] }]);
      expect(mute.breaches.join()).toContain("never answered");

      const own = bo.given.find(({ type, acks }) => type === "message.send" && acks.length > 0);
      if (!own) throw new Error("Bo said nothing");
      own.refusals.push("busy");
      expect((await judge(fleet, cast)).breaches.join()).toContain("was refused, and is in the log");
      own.refusals.length = 0;
      bo.given.splice(bo.given.indexOf(own), 1);
      expect((await judge(fleet, cast)).breaches.join()).toContain("given by nobody");
      bo.given.push(own);

      const seen = { type: "message.sent", commandId: own.id, epoch: 1 };
      cast.outsider.delivered.set(stream, new Map([[own.acks[0]?.seq ?? 0, seen]]));
      const told = (await judge(fleet, cast)).breaches.join();
      expect(told).toContain("without being a member");
      expect(told).toContain("the outsider was sent");
      cast.outsider.delivered.clear();

      // Who left, and heard what was said after that.
      const guest = cast.turns.guests[0] as Phone;
      const after = cast.turns.owner.given.filter(
        (one) => one.stream === cast.turns.stream && one.type === "message.send",
      );
      for (const { id, acks } of after)
        guest.delivered
          .get(cast.turns.stream)
          ?.set(acks[0]?.seq ?? 0, { type: "message.sent", commandId: id, epoch: 1 });
      expect((await judge(fleet, cast)).breaches.join()).toContain("without being a member");
      for (const { acks } of after) guest.delivered.get(cast.turns.stream)?.delete(acks[0]?.seq ?? 0);

      // Two messages change places in the log: devices, the wire and answers all say otherwise.
      const [row] = await fleet.sql(
        (sql) => sql<{ head: number }[]>`select last_seq as head from stream where id = ${stream}`,
      );
      const [one, two] = [Number(row?.head) - 1, Number(row?.head)];
      await fleet.sql((sql) => sql`update event set seq = -seq where stream = ${stream} and seq in (${one}, ${two})`);
      await fleet.sql((sql) => sql`update event set seq = ${one + two} + seq where stream = ${stream} and seq < 0`);
      expect((await judge(fleet, cast, [], 500)).breaches.join()).toContain(`differs from the log at seq ${one}`);
      await fleet.sql((sql) => sql`delete from event where stream = ${stream} and seq = ${one}`);
      expect((await judge(fleet, cast, [], 500)).breaches.join()).toContain(`stands at place ${one}`);
    } finally {
      await Promise.all([...cast.phones, cast.outsider].map(({ client }) => client.stop()));
      await fleet.close();
    }
  },
  limitMs,
);
