import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, FaultRun } from "./fault.ts";
import { judge } from "./oracle.ts";
import { castOf, type DatabaseKind, killPostgres, online, openWorld, sendAll, until, type World } from "./world.ts";

const progressMs = 90_000;
/** Commands of one device in the air: enough that most kills meet a batch at work. */
const window = 4;

/** SIGKILL of the server and of PostgreSQL, again and again, while ten devices send. */
async function kill({ random, short, say }: FaultRun, database: DatabaseKind) {
  const total = short ? 200 : 2_000;
  const each = short ? 3 : 10;
  const world = await openWorld(random, database);
  try {
    const cast = await castOf(world);
    await online([...cast.devices, cast.outsider]);
    // Half and half, in an order that the seed chooses.
    const victims = random.shuffled([...Array(each).fill("server"), ...Array(each).fill("postgres")] as const);
    const progress = sendAll(cast, random, total, window);
    for (const [index, victim] of victims.entries()) {
      const mark = Math.floor((total * (index + random.unit())) / victims.length);
      await until(() => progress.acked() >= mark, progressMs, `${mark} of ${total} acknowledged\n${world.server.tail}`);
      // Not always at the same place of the write path.
      await sleep(random.unit() * 15);
      const how = victim === "server" ? await killServer(world) : await killDatabase(world);
      say(`kill ${index + 1} of ${victims.length}: ${how} (${progress.acked()} of ${total} acknowledged)`);
    }
    await until(() => progress.acked() >= total, progressMs, `all ${total} acknowledged\n${world.server.tail}`);
    say("all acknowledged");
    const breaches = await judge(world, cast);
    const again = cast.devices.flatMap((device) => [...device.sendings.values()]).filter(({ tries }) => tries > 1);
    const connects = cast.devices.reduce((sum, device) => sum + device.connects, 0);
    const facts = [
      `${progress.sent()} sent by ${cast.devices.length} devices in ${cast.members.size} conversations`,
      `${progress.acked()} acknowledged`,
      `${each} kills of the server, ${each} of PostgreSQL`,
      `${again.length} sent more than once`,
      `${connects} connections`,
    ];
    return { breaches, facts };
  } finally {
    await world.close();
  }
}

async function killServer({ server, random }: World): Promise<string> {
  await server.signal("SIGKILL");
  await sleep(random.unit() * 100);
  await server.start();
  return "server";
}

async function killDatabase(world: World): Promise<string> {
  const how = world.random.weighted({ all: 6, postmaster: 2, backend: 2 });
  for (let tries = 0; !(await killPostgres(world, how)); tries++) {
    if (tries > 400) throw new Error("PostgreSQL did not come back");
    await sleep(25);
  }
  return `PostgreSQL (${how})`;
}

export const killFault: Fault = {
  name: "kill",
  text: "SIGKILL of the server and of the PostgreSQL it keeps, while ten devices send",
  short: true,
  run: (run) => kill(run, "embedded"),
};

export const killExternalFault: Fault = {
  name: "kill-external",
  text: "the same with a PostgreSQL that stands apart, so that transactions of a killed server may still commit",
  short: false,
  run: (run) => kill(run, "external"),
};
