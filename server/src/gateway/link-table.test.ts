import { expect, test } from "bun:test";
import { VirtualClock } from "../../../rig/fakes/clock.ts";
import { createLinks } from "./link-table.ts";
import { PostedLink } from "./posted-link.ts";

test("the end of a stream that nobody reads is cut after a while, also where it was open for long", async () => {
  const clock = new VirtualClock();
  const links = createLinks(clock, 10);
  const link = new PostedLink("s1", "d1", clock.elapsed());
  let cuts = 0;
  link.cut = () => cuts++;
  link.attach(clock);
  links.add(link);
  await clock.advance(3_600_000);
  link.close(4003, "slow");
  await clock.advance(14_000);
  expect([cuts, links.counts().posted]).toEqual([0, 1]);
  await clock.advance(5_000);
  expect([cuts, links.counts().posted]).toEqual([1, 0]);
  links.stop();
});
