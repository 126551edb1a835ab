import { type FaultRun, NotRun, type Outcome } from "./fault.ts";
import { Fleet, type FleetOptions } from "./fleet.ts";
import { type Cast, castOf, type Load, startLoad } from "./load.ts";
import { type Checked, judge } from "./oracle.ts";
import type { Given, PhoneOptions } from "./phone.ts";

export type Scene = {
  readonly fleet: Fleet;
  readonly cast: Cast;
  readonly load: Load;
  readonly run: FaultRun;
};

/** What a fault itself found, beside the oracle. */
export type Found = { facts: string[]; breaches?: string[]; given?: Given[] };

export type TrialOptions = Omit<FleetOptions, "random"> & {
  readonly devices?: (options: PhoneOptions, fleet: Fleet) => Partial<PhoneOptions>;
  readonly pace?: { pauseMs?: number; window?: number };
};

/** Every fault is this: a fleet, people who talk, the fault, quiet, and the one oracle. */
export async function trial(
  run: FaultRun,
  options: TrialOptions,
  fault: (scene: Scene) => Promise<Found>,
): Promise<Outcome> {
  const { devices, pace, ...fleetOptions } = options;
  const fleet = await Fleet.open({ ...fleetOptions, random: run.random.fork() });
  let cast: Cast | undefined;
  try {
    cast = await castOf(fleet, devices && ((one) => devices(one, fleet)));
    run.say(`${fleet.nodes.length} nodes, ${cast.phones.length + 1} devices, ${cast.steady.size} streams`);
    const load = startLoad(cast, run.random.fork(), pace);
    await load.more(20);
    const { facts, breaches = [], given = [] } = await fault({ fleet, cast, load, run });
    await load.stop();
    run.say("everything answered");
    const judged = await judge(fleet, cast, given);
    return { breaches: [...breaches, ...judged.breaches, ...blind(judged.checked)], facts, checked: judged.checked };
  } catch (error) {
    if (error instanceof Error && !(error instanceof NotRun)) error.message += `\n${fleet.tail}`;
    throw error;
  } finally {
    // Nobody is left to be told to move.
    await Promise.all([...(cast?.phones ?? []), cast?.outsider].map((phone) => phone?.client.stop()));
    await fleet.close();
  }
}

/** An oracle that saw nothing has not said yes. */
const blind = (checked: Checked): string[] =>
  Object.entries(checked).flatMap(([what, count]) =>
    count === 0 && what !== "refused" ? [`the oracle saw no ${what}`] : [],
  );
