import { setTimeout as sleep } from "node:timers/promises";
import type { AccountId, Credential } from "@aftercare/protocol";
import { demoPlace, openText } from "../../server/src/db/sealed.ts";
import { persist } from "../client.ts";
import { testKeyring } from "../server-process.ts";
import type { Random } from "../sim/random.ts";
import { type Fleet, until } from "./fleet.ts";
import { Phone, type PhoneOptions } from "./phone.ts";

/** Two staff, four customers and a stranger; support conversations, a staff group, and a group that people come to and leave. */
export type Cast = {
  readonly phones: Phone[];
  /** Member of nothing; asks for everything. */
  readonly outsider: Phone;
  /** Streams, with the accounts that stay in them. */
  readonly steady: Map<string, ReadonlySet<string>>;
  /** The group that people come to and leave, its owner, and those who do. */
  readonly turns: { readonly stream: string; readonly owner: Phone; readonly guests: readonly Phone[] };
  /** One who is in every stream from the start: whose history is everybody's. */
  readonly witness: Phone;
};

const onlineMs = 45_000;
const answeredMs = 90_000;

export async function castOf(fleet: Fleet, devices?: (options: PhoneOptions) => Partial<PhoneOptions>): Promise<Cast> {
  const make = (credential: Credential, name: string) => {
    const options = { credential, name, base: fleet.url };
    return new Phone({ ...options, ...devices?.(options) });
  };
  const [ann, bo, cy, di, eve] = (await Promise.all(
    ["Ann", "Bo", "Cy", "Di", "Eve"].map((name) => persist(() => fleet.api.newCustomer(name))),
  )) as [Credential, Credential, Credential, Credential, Credential];
  const [kit, mei] = (await signInStaff(fleet)) as [Credential, Credential];
  const people = {
    "Ann 1": ann,
    "Ann 2": ann,
    Bo: bo,
    Cy: cy,
    Di: di,
    "Mei 1": mei,
    "Mei 2": mei,
    "Kit 1": kit,
    "Kit 2": kit,
  };
  const phones = Object.entries(people).map(([name, credential]) => make(credential, name));
  const outsider = make(eve, "Eve, who belongs to nothing");
  const named = (name: string) => phones.find((phone) => phone.name === name) as Phone;
  const everyone = [...phones, outsider];
  await Promise.all(everyone.map(({ client }) => client.start()));
  await allOnline(everyone);
  const steady = new Map<string, ReadonlySet<string>>();
  for (const name of ["Ann 1", "Bo", "Cy", "Di"]) {
    const phone = named(name);
    const stream = await conversation(phone.give("conversation.ask", undefined, { title: `Order of ${name}` }));
    steady.set(stream, new Set([phone.account, mei.account, kit.account]));
    steady.set(stream.replace(/^c_/, "n_"), new Set([mei.account, kit.account]));
  }
  const owner = named("Mei 1");
  const shift = { title: "Shift", members: [kit.account as AccountId] };
  steady.set(
    await conversation(owner.give("conversation.create-group", undefined, shift)),
    new Set([mei.account, kit.account]),
  );
  const turns = { title: "Turns", history: "since-join" as const, members: [] };
  const stream = await conversation(owner.give("conversation.create-group", undefined, turns));
  steady.set(stream, new Set([mei.account]));
  // Everybody asks for everything, also for what is not theirs.
  for (const phone of everyone) for (const one of steady.keys()) phone.watch(one);
  return {
    phones,
    outsider,
    steady,
    turns: { stream, owner, guests: [named("Cy"), named("Di"), named("Kit 1")] },
    witness: owner,
  };
}

/** One more device of somebody in the cast, which only listens; it is judged with the others. */
export async function join(
  cast: Cast,
  like: string,
  options: Omit<PhoneOptions, "credential" | "name">,
): Promise<Phone> {
  const model = cast.phones.find(({ name }) => name === like);
  if (!model) throw new Error(`nobody is named ${like}`);
  const { account, token } = model;
  const credential = { token, account, name: like, kind: "customer", expiresAt: 0 } as Credential;
  const phone = new Phone({ ...options, credential, name: `${like}'s device ${cast.phones.length}` });
  cast.phones.push(phone);
  for (const stream of cast.steady.keys()) phone.watch(stream);
  await phone.client.start();
  return phone;
}

/** The stream that somebody shares with the staff alone. */
export function ownStream(cast: Cast, phone: Phone): string {
  const found = [...cast.steady].find(([, accounts]) => accounts.has(phone.account) && accounts.size === 3);
  if (!found) throw new Error(`${phone.name} has no conversation`);
  return found[0];
}

async function conversation(sent: ReturnType<Phone["give"]>): Promise<string> {
  const { acks, refusals } = await sent;
  const found = acks[0]?.conversation;
  if (found === undefined) throw new Error(`no conversation: ${refusals.join()}`);
  return found;
}

async function signInStaff(fleet: Fleet): Promise<Credential[]> {
  const rows = await fleet.sql(
    (db) => db<{ login: string; password: string }[]>`select login, password from demo_sign_in order by login`,
  );
  return Promise.all(
    rows.map(({ login, password }) => {
      const opened = openText(testKeyring, demoPlace(login), password) ?? "";
      return persist(() => fleet.api.signIn(login, opened));
    }),
  );
}

export async function allOnline(phones: readonly Phone[], limitMs = onlineMs): Promise<void> {
  let wokenAt = Date.now();
  await until(
    () => {
      if (Date.now() - wokenAt > 1_500) {
        wokenAt = Date.now();
        for (const phone of phones) if (!phone.isOnline) phone.wake();
      }
      return phones.every(({ isOnline }) => isOnline);
    },
    limitMs,
    () => `every phone online; away: ${phones.flatMap((one) => (one.isOnline ? [] : [one.name])).join(", ")}`,
  );
}

export type Load = {
  /** Messages that were acknowledged to the phones of the load. */
  acked(): number;
  /** Waits for so many more acknowledgements. */
  more(count: number, limitMs?: number): Promise<void>;
  /** Ends the sending, and waits until everything was answered. */
  stop(): Promise<void>;
};

/** Everybody talks, a little at random, and people come to a group and leave it. */
export function startLoad(cast: Cast, random: Random, pace: { pauseMs?: number; window?: number } = {}): Load {
  const { pauseMs = 300, window = 5 } = pace;
  let running = true;
  const loops = [...cast.phones.map((phone) => talk(phone, random.fork())), turnsOf(random.fork())];

  async function talk(phone: Phone, chance: Random): Promise<void> {
    const streams = [...cast.steady].flatMap(([stream, accounts]) => (accounts.has(phone.account) ? [stream] : []));
    for (let n = 1; running; n++) {
      await sleep(pauseMs * (0.2 + 1.6 * chance.unit()));
      if (running && phone.waiting < window)
        void phone.say(chance.pick(streams), `${phone.name} ${n}: 您好，已收到您的訊息`);
    }
  }

  /** In, some words, and out again: by oneself, or put out by the owner. Nobody waits for the answers, as nobody would. */
  async function turnsOf(chance: Random): Promise<void> {
    const { stream, owner, guests } = cast.turns;
    while (running) {
      const guest = chance.pick(guests);
      await owner.give("member.add", stream, { account: guest.account as AccountId });
      for (let n = chance.int(0, 3); n > 0 && running; n--) {
        void guest.say(stream, `${guest.name} is here`);
        await sleep(60 * chance.unit());
      }
      void owner.say(stream, "Thanks for coming");
      if (chance.chance(0.5)) await guest.give("member.leave", stream, {});
      else await owner.give("member.remove", stream, { account: guest.account as AccountId });
      // What is said now must not reach who has left.
      void owner.say(stream, "Now we are alone");
      await sleep(150 * chance.unit());
    }
  }

  const acked = () =>
    cast.phones.reduce((sum, { given }) => sum + given.reduce((n, { acks }) => n + Math.min(1, acks.length), 0), 0);
  return {
    acked,
    async more(count, limitMs = answeredMs) {
      const mark = acked() + count;
      await until(
        () => acked() >= mark,
        limitMs,
        () => `${mark} acknowledged (${acked()} are)`,
      );
    },
    async stop() {
      running = false;
      let wokenAt = Date.now();
      const open = () => cast.phones.flatMap((phone) => (phone.waiting > 0 ? [`${phone.name}: ${phone.waiting}`] : []));
      await until(
        () => {
          if (Date.now() - wokenAt > 1_500) {
            wokenAt = Date.now();
            for (const phone of cast.phones) if (!phone.isOnline) phone.wake();
          }
          return open().length === 0;
        },
        answeredMs,
        () => `everything answered; open: ${open().join(", ")}`,
      );
      await Promise.all(loops);
    },
  };
}
