import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault.ts";
import { type Fleet, until } from "./fleet.ts";
import { createPostgresSplitter, isCommitted } from "./postgres-frames.ts";
import type { Filter, LinkControl } from "./proxy.ts";
import { smallDisk } from "./small-disk.ts";
import { trial } from "./trial.ts";

export const killPostgresAfterCommitFault: Fault = {
  name: "kill-postgres-after-commit",
  text: "the answer to a commit is swallowed on the line and PostgreSQL killed: written, but nobody was told",
  short: true,
  async run(run) {
    let armed: (() => void) | undefined;
    const fromDatabase = (link: LinkControl): Filter => {
      const split = createPostgresSplitter();
      let dead = false;
      return (chunk, emit) => {
        if (dead) return;
        for (const message of split(chunk)) {
          if (armed && isCommitted(message)) {
            dead = true;
            armed();
            armed = undefined;
            // PostgreSQL dies first, then the line: the node never hears of the commit.
            setTimeout(() => link.reset(), 200);
            return;
          }
          emit(message.bytes);
        }
      };
    };
    return trial(run, { fromDatabase, pace: { pauseMs: 150 } }, async ({ fleet, load }) => {
      const kills = run.short ? 2 : 5;
      for (let n = 0; n < kills; n++) {
        await load.more(run.random.int(5, 30));
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        armed = () => void fleet.killPostgres("all").then(resolve, reject);
        await promise;
        run.say(`commit ${n + 1} swallowed, ${load.acked()} acknowledged`);
      }
      await load.more(20);
      return { facts: [`${kills} commits written and swallowed, PostgreSQL killed each time`] };
    });
  },
};

export const postgresRestartFault: Fault = {
  name: "postgres-restart",
  text: "PostgreSQL is restarted in order, again and again, as for an update",
  short: false,
  run: (run) =>
    trial(run, {}, async ({ fleet, load }) => {
      const restarts = run.short ? 2 : 4;
      for (let n = 0; n < restarts; n++) {
        await load.more(run.random.int(5, 30));
        await fleet.restartPostgres();
        run.say(`restart ${n + 1}, ${load.acked()} acknowledged`);
        await load.more(5);
      }
      return { facts: [`${restarts} restarts`] };
    }),
};

export const slowDiskFault: Fault = {
  name: "slow-disk",
  text: "each flush of PostgreSQL's log waits 100 ms (commit_delay) and its line to the nodes is slow, uneven and in small pieces: no disk is slowed",
  short: false,
  run: (run) =>
    trial(run, {}, async ({ fleet, load }) => {
      await fleet.sql(async (sql) => {
        for (const [name, value] of [
          ["commit_delay", "100000"],
          ["commit_siblings", "0"],
        ] as const)
          await sql.unsafe(`alter system set ${name} = ${value}`);
        await sql`select pg_reload_conf()`;
      });
      const before = load.acked();
      await sleep(3_000);
      const flushing = load.acked() - before;
      fleet.databaseLine.impair({ latencyMs: 40, jitterMs: 200, sliceBytes: 200 });
      await sleep(run.short ? 3_000 : 8_000);
      const both = load.acked() - before - flushing;
      fleet.databaseLine.impair({});
      await fleet.sql(async (sql) => {
        await sql.unsafe("alter system reset all");
        await sql`select pg_reload_conf()`;
      });
      await load.more(20);
      return {
        facts: [`${flushing} acknowledged with slow flushes, ${both} with a slow line too`],
        breaches: flushing + both === 0 ? ["nothing was acknowledged while the disk was slow"] : [],
      };
    }),
};

/** PostgreSQL keeps written-out log files in reserve; on a slow machine it takes long to use them up. */
const longestReserveSeconds = 60;

export const fullDiskFault: Fault = {
  name: "full-disk",
  text: "the disk of PostgreSQL (a small tmpfs) is filled to the last byte, then freed",
  short: false,
  async run(run) {
    const disk = await smallDisk(420);
    try {
      return await trial(run, { databaseDir: disk.path }, async ({ cast, load }) => {
        const { phones, steady } = cast;
        const [stream = "", accounts] = [...steady][0] ?? [];
        const writer = phones.find(({ account }) => accounts?.has(account));
        // Long texts use up what PostgreSQL had in reserve, and what it gives back is taken again. Whether it then stops or
        // says no is its own affair.
        let during = Number.POSITIVE_INFINITY;
        let seconds = 0;
        for (; during > 0 && seconds < longestReserveSeconds; seconds++) {
          await disk.fill();
          for (let n = 0; n < 20; n++) void writer?.say(stream, `${n} ${"滿".repeat(7_000)}`);
          const before = load.acked();
          await sleep(1_000);
          during = load.acked() - before;
        }
        run.say("full");
        await sleep(run.short ? 3_000 : 6_000);
        await disk.free();
        run.say("freed");
        await load.more(30);
        return {
          facts: [`full to the last byte of PostgreSQL's own reserve after ${seconds} s`],
          breaches: during > 0 ? ["the disk was not full"] : [],
        };
      });
    } finally {
      await disk.remove();
    }
  },
};

export const connectionLimitFault: Fault = {
  name: "connection-limit",
  text: "PostgreSQL takes only two connections of the server's role, for all nodes together, and ends the others",
  short: false,
  async run(run) {
    // A superuser has no limit, so the nodes come as an ordinary role.
    const user = { name: "shop", password: randomBytes(12).toString("hex") };
    return trial(run, { asUser: user }, async ({ fleet, load }) => {
      const limitTo = (count: number) => fleet.sql((sql) => sql.unsafe(`alter role shop connection limit ${count}`));
      await limitTo(2);
      await endConnections(fleet, user.name);
      const before = load.acked();
      await sleep(run.short ? 3_000 : 8_000);
      const during = load.acked() - before;
      const open = await fleet.sql(
        (sql) => sql<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where usename = ${user.name}`,
      );
      await limitTo(-1);
      await load.more(20);
      return {
        facts: [`${during} acknowledged over ${open[0]?.n} connections`],
        breaches: (open[0]?.n ?? 0) > 2 ? ["the limit was not in force"] : [],
      };
    });
  },
};

const endConnections = (fleet: Fleet, user: string) =>
  fleet.sql((sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${user}`);

export const rowLockFault: Fault = {
  name: "row-lock",
  text: "a forgotten session holds the row of a conversation locked for 20 s: the others go on, this one waits",
  short: false,
  run: (run) =>
    trial(run, { pace: { pauseMs: 600 } }, async ({ fleet, cast }) => {
      const lockMs = run.short ? 6_000 : 20_000;
      const [stream = ""] = [...cast.steady.keys()];
      const { promise: locked, resolve: told } = Promise.withResolvers<void>();
      const held = fleet.sql((sql) =>
        sql.begin(async (tx) => {
          await tx`select 1 from stream where id = ${stream} for update`;
          told();
          await sleep(lockMs);
        }),
      );
      await locked;
      const acksOf = (inside: boolean) =>
        cast.phones.reduce(
          (sum, { given }) =>
            sum + given.filter((one) => (one.stream === stream) === inside && one.acks.length > 0).length,
          0,
        );
      const before = { inside: acksOf(true), others: acksOf(false) };
      await sleep(lockMs - 500);
      const others = acksOf(false) - before.others;
      const inside = acksOf(true) - before.inside;
      await held;
      run.say(`${others} acknowledged elsewhere, ${inside} in the locked conversation`);
      await until(() => acksOf(true) > before.inside, 30_000, "the locked conversation goes on");
      return {
        facts: [`${others} acknowledged elsewhere during the lock, ${inside} in the locked conversation`],
        breaches: others === 0 ? ["a lock on one conversation stopped all"] : [],
      };
    }),
};
