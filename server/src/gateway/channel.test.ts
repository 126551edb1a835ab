import { expect, test } from "bun:test";
import type { Event } from "@aftercare/protocol";
import { VirtualClock } from "../../../rig/fakes/clock.ts";
import { Channel } from "./channel.ts";

const stream = "c_0000000000000000000001";
const ann = "a_0000000000000000000001";

/** A conversation in memory, and a clock whose time of the day is far from the time that has passed. */
function world() {
  const clock = new VirtualClock();
  const row = { id: stream, lastSeq: 0, memberCount: 1, version: 0 };
  const member = { account: ann, name: "Ann", role: "member" as const, fromSeq: 1 };
  const channel = new Channel({ row, members: [member], receipts: {} }, 1, 100, clock.elapsed());
  const say = () => {
    const body = { parts: [{ type: "text" as const, text: "hello" }] };
    const event: Event = { stream, seq: channel.head + 1, type: "message.sent", by: ann, at: clock.now(), body };
    channel.take(event, clock.elapsed());
  };
  return { clock, channel, say };
}

test("events stay in memory for two minutes, for links that come back, and then go", async () => {
  const { clock, channel, say } = world();
  say();
  await clock.advance(60_000);
  say();
  channel.forgetUnused(clock.elapsed());
  expect(channel.after(0)?.map(({ seq }) => seq)).toEqual([1, 2]);
  await clock.advance(90_000);
  channel.forgetUnused(clock.elapsed());
  expect(channel.after(0)).toBeUndefined();
  expect(channel.after(1)?.map(({ seq }) => seq)).toEqual([2]);
  await clock.advance(60_000);
  channel.forgetUnused(clock.elapsed());
  expect(channel.after(1)).toBeUndefined();
  expect(channel.after(2)).toEqual([]);
});

test("a clock that is set keeps no event longer and none shorter", async () => {
  const { clock, channel, say } = world();
  clock.jump(86_400_000);
  say();
  clock.jump(-2 * 86_400_000);
  await clock.advance(60_000);
  channel.forgetUnused(clock.elapsed());
  expect(channel.after(0)).toHaveLength(1);
  await clock.advance(90_000);
  channel.forgetUnused(clock.elapsed());
  expect(channel.after(0)).toBeUndefined();
});
