import { rolePermissions } from "@aftercare/core";
import { type Command, limits, makeCommandId, makeId, type StreamId } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import type { Principal, Settings } from "./context.ts";
import { demoPlace, openText, sealText } from "./db/sealed.ts";
import { openSql } from "./db/sql.ts";
import { newAccountId } from "./identity/identity.ts";
import { insertStaffAccount } from "./identity/staff/store.ts";
import { insertAccount } from "./identity/store.ts";
import { createKeyring, type Keyring, noKeys } from "./keyring.ts";
import { createCtx } from "./main.ts";
import { createNode } from "./node.ts";
import { createLogger, systemClock, systemPasswords, systemSecrets } from "./platform.ts";

type SignIn = { login: string; password: string; name: string };
type Person = Principal & { login?: string };
type Cast = { mei: Person; kit: Person; customer: Person };

/** Held while seeding, so that nodes started together make one shop. */
const lockKey = 0x61667466;

const settings: Settings = {
  heartbeatMs: 60_000,
  batchWindowMs: 0,
  batchMaxRows: 1,
  lanes: 1,
  ringEvents: 0,
  socketBufferBytes: 1_048_576,
  rateAccountPerSecond: 1_000,
  rateAccountBurst: 1_000,
  recallWindowMs: limits.recallWindowMs,
  receiptFlushMs: 0,
};

/** Fills a database that has no staff yet with a demo shop. Gives the sign-ins of the demo, on every call. */
export async function seedDemo(
  url: string,
  keyring: Keyring = createKeyring(noKeys, systemSecrets),
): Promise<{ signIns: SignIn[]; fresh: boolean }> {
  const sql = openSql(url, 3);
  try {
    const cast = await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${lockKey})`;
      const [found] = await tx<
        { taken: boolean }[]
      >`select exists (select 1 from account where kind = 'staff') as taken`;
      return found?.taken ? undefined : insertShop(tx, keyring);
    });
    if (cast) await talk(sql, cast);
    const signIns = await sql<SignIn[]>`select login, password, name from demo_sign_in order by login`;
    return {
      signIns: signIns.map(({ login, password, name }) => ({
        login,
        password: openText(keyring, demoPlace(login), password) ?? "(its key is not here)",
        name,
      })),
      fresh: cast !== undefined,
    };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Two staff at one desk, and a customer. */
async function insertShop(tx: TransactionSql, keyring: Keyring): Promise<Cast> {
  const shop = makeId("s_", systemClock.now(), systemSecrets.random(10));
  await tx`update workspace set name = 'Northlight Audio' where id = this_workspace()`;
  await tx`insert into shop (id, name) values (${shop}, 'Central')`;
  const mei = await insertStaff(tx, keyring, "mei", "Mei 林", { role: "owner", shop });
  const kit = await insertStaff(tx, keyring, "kit", "Kit", { role: "agent", shop });
  const customer = person("customer", "陳小明");
  await insertAccount(tx, { id: customer.account, kind: customer.kind, name: customer.name });
  const desk = makeId("d_", systemClock.now(), systemSecrets.random(10));
  const title = "After-sales service";
  await tx`insert into stream (id, last_seq, member_count, title, shop) values (${desk}, 0, 2, ${title}, ${shop})`;
  for (const { account, name } of [mei, kit]) {
    await tx`
      insert into member (stream, account, status, name, role, from_seq)
      values (${desk}, ${account}, 'joined', ${name}, 'agent', 1)`;
  }
  return { mei, kit, customer };
}

async function insertStaff(
  tx: TransactionSql,
  keyring: Keyring,
  login: string,
  name: string,
  place: { role: string; shop: string },
): Promise<Person> {
  const staff = person("staff", name);
  const password = readablePassword();
  const hash = await systemPasswords.hash(password);
  await insertStaffAccount(tx, systemSecrets, { account: staff.account, login, name, ...place }, hash);
  const shown = sealText(keyring, demoPlace(login), password);
  await tx`insert into demo_sign_in (login, password, name) values (${login}, ${shown}, ${name})`;
  return staff;
}

function person(kind: "staff" | "customer", name: string): Person {
  const account = newAccountId({ clock: systemClock, secrets: systemSecrets });
  return { account, name, kind, may: kind === "staff" ? rolePermissions.agent : [], credential: "seed" };
}

/** Sixty random bits in letters and digits that nobody mistakes for one another. */
function readablePassword(): string {
  const alphabet = "abcdefghjkmnpqrstuvwxyz023456789";
  const letters = [...systemSecrets.random(12)].map((byte) => alphabet[byte % alphabet.length]).join("");
  return letters.replace(/(.{4})(?=.)/g, "$1-");
}

/** Two finished conversations, said through the same commands that people use. */
async function talk(sql: Sql, { mei, kit, customer }: Cast): Promise<void> {
  const ctx = createCtx(sql, settings, createLogger("warn"));
  const { epoch } = await ctx.store.heads([]);
  const node = createNode(ctx, epoch);

  async function give(who: Person, command: Omit<Command, "id">): Promise<StreamId | undefined> {
    const id = makeCommandId(systemClock.now(), systemSecrets.random(10));
    const answer = await node.execute(who, { id, ...command });
    if ("refusal" in answer) throw new Error(`the demo's ${command.type} was refused: ${answer.refusal.code}`);
    return answer.ack.conversation;
  }
  const say = (who: Person, stream: StreamId, text: string) =>
    give(who, { type: "message.send", stream, body: { parts: [{ type: "text", text }] } });

  try {
    const help = await give(customer, {
      type: "conversation.ask",
      stream: undefined,
      body: { title: "耳機左邊沒有聲音" },
    });
    if (help !== undefined) {
      await say(customer, help, "你好，我上個月買的藍牙耳機，左邊突然沒有聲音了。");
      await say(mei, help, "您好！我是 Mei。請先把兩隻耳機放回充電盒，按住盒子的按鈕十秒，再試試看。");
      await say(customer, help, "試過了，現在好了！謝謝你 👍");
      await say(mei, help, "太好了！之後有任何問題，都可以在這裡找我們。");
    }
    const group = await give(mei, {
      type: "conversation.create-group",
      stream: undefined,
      body: { title: "After-sales team", members: [kit.account] },
    });
    if (group !== undefined) {
      await say(mei, group, "Morning! The replacement earbuds arrived, **20 pairs**, shelf B3.");
      await say(kit, group, "收到。今天下午我會把三件待換的先寄出。");
      await say(mei, group, "Thanks! I will tell the customers.");
    }
  } finally {
    await node.stop(0);
  }
}
