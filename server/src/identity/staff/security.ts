import {
  type StaffSecurity as About,
  type AccountId,
  limits,
  type MailLocale,
  type PasskeyAsk,
  type StaffDevice,
  type TotpOffer,
} from "@aftercare/protocol";
import { type AuditEntry, appendAudit } from "../../audit/append.ts";
import type { Principal } from "../../context.ts";
import { refuseWeak } from "./sign-in.ts";
import { audit, busyNow, type From, overdue, type Refused, type Staff, type StaffCtx, unauthorised } from "./staff.ts";
import { endDevices, type StaffRow, writePassword } from "./store.ts";

const passkeysPerAccount = 20;

/** What somebody who is signed in sees and changes of their own ways in. */
export interface Security {
  about(who: Principal): Promise<About | Refused>;
  confirm(who: Principal, password: string, from: From): Promise<Refused | undefined>;
  askPasskey(who: Principal): Promise<PasskeyAsk>;
  confirmByPasskey(who: Principal, attempt: string, response: object): Promise<Refused | undefined>;
  changePassword(who: Principal, current: string | undefined, next: string, from: From): Promise<Refused | undefined>;
  beginTotp(who: Principal): Promise<{ offer: TotpOffer } | Refused>;
  finishTotp(who: Principal, code: string): Promise<Refused | undefined>;
  removeTotp(who: Principal): Promise<Refused | undefined>;
  newRecoveryCodes(who: Principal): Promise<{ recoveryCodes: string[] } | Refused>;
  beginPasskey(who: Principal): Promise<PasskeyAsk | Refused>;
  addPasskey(who: Principal, attempt: string, response: object, name: string): Promise<Refused | undefined>;
  renamePasskey(who: Principal, id: string, name: string): Promise<Refused | undefined>;
  removePasskey(who: Principal, id: string): Promise<Refused | undefined>;
  /** Signs one device of one's own out, or all others. */
  endDevice(who: Principal, device: string): Promise<Refused | undefined>;
  endOthers(who: Principal): Promise<void>;
  /** Tells somebody by mail that their second factors were taken; false when they could not be told. */
  tellReset(account: AccountId, locale: MailLocale, by: string): Promise<boolean>;
}

const notFound: Refused = { refusal: { code: "not-found" } };
const noChange: Refused = { refusal: { code: "no-change" } };
export const confirmFirst: Refused = { refusal: { code: "forbidden", path: "confirm" } };

export function createSecurity(ctx: StaffCtx, staff: Staff): Security {
  /** The person, if they proved lately who they are. */
  async function confirmed(who: Principal): Promise<StaffRow | Refused> {
    const [person, isConfirmed] = await Promise.all([
      ctx.store.byAccount(who.account),
      ctx.store.isConfirmed(who.credential),
    ]);
    if (!person) return notFound;
    return isConfirmed ? person : confirmFirst;
  }
  const note = (who: Principal, act: AuditEntry["act"], subject: string, detail: AuditEntry["detail"] = {}) =>
    audit(ctx.sql, { by: who.account, act, subject, detail });
  const tools = { ctx, staff, confirmed, note };
  return {
    ...confirming(tools),
    ...passwordActs(tools),
    ...factorActs(tools),
    ...passkeyActs(tools),
    ...deviceActs(tools),
    async tellReset(account, locale, by) {
      const person = await ctx.store.byAccount(account);
      if (!person?.email || !ctx.mailer) return false;
      const url = `${ctx.origin}/console/`;
      return ctx.mailer.send({ to: person.email, locale, kind: "factor-reset", url, by });
    },
  };
}

type Tools = {
  ctx: StaffCtx;
  staff: Staff;
  confirmed: (who: Principal) => Promise<StaffRow | Refused>;
  note: (who: Principal, act: AuditEntry["act"], subject: string, detail?: AuditEntry["detail"]) => Promise<void>;
};

function confirming({ ctx, staff }: Tools): Pick<Security, "about" | "confirm" | "askPasskey" | "confirmByPasskey"> {
  return {
    async about(who) {
      const person = await ctx.store.byAccount(who.account);
      if (!person) return notFound;
      const [passkeys, devices, recoveryCodesLeft, isConfirmed] = await Promise.all([
        ctx.store.passkeys(who.account),
        ctx.store.devices(who.account),
        person.secondFactor ? ctx.proofs.recoveryCodesLeft(who.account) : 0,
        ctx.store.isConfirmed(who.credential),
      ]);
      return {
        name: person.name,
        login: person.login,
        ...(person.email !== undefined && { email: person.email }),
        hasPassword: person.hasPassword,
        confirmed: isConfirmed,
        secondFactor: { on: person.secondFactor, required: ctx.needsFactor(person.role), recoveryCodesLeft },
        passkeys: passkeys.map(({ id, name, createdAt, usedAt }) => ({
          id,
          name,
          createdAt,
          ...(usedAt !== null && { usedAt }),
        })),
        devices: devices.map(
          ({ id, agent, network, createdAt, usedAt }): StaffDevice => ({
            id,
            ...(agent && { agent }),
            ...(network && { network }),
            createdAt,
            usedAt,
            current: id === who.credential,
          }),
        ),
      };
    },
    async confirm(who, password, from) {
      const person = await ctx.store.byAccount(who.account);
      if (!person) return notFound;
      const checked = await staff.checks.password(person.login, password, from);
      if ("refusal" in checked) return checked;
      await ctx.store.confirm(who.credential);
      return undefined;
    },
    async askPasskey(who) {
      const challenge = ctx.passkeys.challenge();
      const { attempt } = ctx.attempts.begin({ step: "passkey-confirm", challenge, account: who.account });
      return { attempt, options: await ctx.passkeys.offerToSignIn(challenge, await ctx.store.passkeys(who.account)) };
    },
    async confirmByPasskey(who, attempt, response) {
      const open = ctx.attempts.open(attempt, "passkey-confirm");
      if (open?.account !== who.account) return overdue;
      const checked = await staff.checks.passkey(response, open.challenge);
      if ("refusal" in checked) return checked;
      if (checked.account !== who.account) return unauthorised;
      await ctx.store.confirm(who.credential);
      return undefined;
    },
  };
}

function passwordActs({ ctx, staff, confirmed }: Tools): Pick<Security, "changePassword"> {
  return {
    async changePassword(who, current, next, from) {
      const person = await ctx.store.byAccount(who.account);
      if (!person) return notFound;
      if (person.hasPassword) {
        const checked = await staff.checks.password(person.login, current ?? "", from);
        if ("refusal" in checked) return checked;
        if (current === next) return noChange;
      } else {
        const allowed = await confirmed(who);
        if ("refusal" in allowed) return allowed;
      }
      const weak = refuseWeak(next, [person.login, person.name, person.email ?? ""]);
      if (weak) return weak;
      const hash = await staff.checks.hash(next);
      if (hash === undefined) return busyNow;
      const ended = await ctx.sql.begin(async (tx) => {
        await writePassword(tx, who.account, hash);
        const others = await endDevices(tx, who.account, who.credential);
        const detail = { way: "changed", devicesEnded: others.length };
        await appendAudit(tx, { by: who.account, act: "password-changed", subject: who.account, detail });
        return others;
      });
      ctx.ended(ended);
      return undefined;
    },
  };
}

function factorActs({
  ctx,
  staff,
  confirmed,
  note,
}: Tools): Pick<Security, "beginTotp" | "finishTotp" | "removeTotp" | "newRecoveryCodes"> {
  return {
    async beginTotp(who) {
      const person = await confirmed(who);
      if ("refusal" in person) return person;
      if (person.secondFactor) return noChange;
      const offer = await ctx.proofs.beginTotp(who.account);
      return offer ? { offer } : noChange;
    },
    async finishTotp(who, code) {
      const person = await confirmed(who);
      if ("refusal" in person) return person;
      if (person.secondFactor) return noChange;
      const refused = await staff.checks.code(who.account, code, "totp");
      if (refused) return refused;
      await note(who, "factor-added", who.account);
      return undefined;
    },
    async removeTotp(who) {
      const person = await confirmed(who);
      if ("refusal" in person) return person;
      if (!person.secondFactor) return noChange;
      if (ctx.needsFactor(person.role)) return { refusal: { code: "forbidden", path: "required" } };
      await ctx.proofs.removeTotp(who.account);
      await note(who, "factor-removed", who.account);
      return undefined;
    },
    async newRecoveryCodes(who) {
      const person = await confirmed(who);
      if ("refusal" in person) return person;
      const recoveryCodes = person.secondFactor ? await ctx.proofs.newRecoveryCodes(who.account) : undefined;
      return recoveryCodes ? { recoveryCodes } : notFound;
    },
  };
}

function passkeyActs({
  ctx,
  confirmed,
}: Tools): Pick<Security, "beginPasskey" | "addPasskey" | "renamePasskey" | "removePasskey"> {
  return {
    async beginPasskey(who) {
      const person = await confirmed(who);
      if ("refusal" in person) return person;
      const existing = await ctx.store.passkeys(who.account);
      if (existing.length >= passkeysPerAccount)
        return { refusal: { code: "full", limit: { name: "passkeys", value: passkeysPerAccount } } };
      const challenge = ctx.passkeys.challenge();
      const { attempt } = ctx.attempts.begin({ step: "passkey-add", challenge, account: who.account });
      return { attempt, options: await ctx.passkeys.offerToAdd(person, existing, challenge) };
    },
    async addPasskey(who, attempt, response, name) {
      const open = ctx.attempts.open(attempt, "passkey-add");
      if (open?.account !== who.account || !(await ctx.attempts.finish(open.nonce))) return overdue;
      const made = await ctx.passkeys.checkNew(response as Record<string, unknown>, open.challenge);
      if (!made) return unauthorised;
      const isNew = await ctx.sql.begin(async (tx) => {
        const rows = await tx`
          insert into passkey (id, account, name, public_key, counter, transports)
          values (${made.id}, ${who.account}, ${name.slice(0, limits.nameChars)}, ${made.publicKey}, ${made.counter},
            ${made.transports})
          on conflict (id) do nothing returning id`;
        if (rows.length > 0)
          await appendAudit(tx, { by: who.account, act: "passkey-added", subject: who.account, detail: { name } });
        return rows.length > 0;
      });
      return isNew ? undefined : noChange;
    },
    async renamePasskey(who, id, name) {
      return (await ctx.store.renamePasskey(who.account, id, name)) ? undefined : notFound;
    },
    async removePasskey(who, id) {
      const person = await confirmed(who);
      if ("refusal" in person) return person;
      // The last way in stays.
      const left = (await ctx.store.passkeys(who.account)).filter((one) => one.id !== id);
      if (left.length === 0 && !person.hasPassword && !ctx.hasSso)
        return { refusal: { code: "forbidden", path: "last" } };
      const isGone = await ctx.sql.begin(async (tx) => {
        const rows = await tx<{ name: string }[]>`
          delete from passkey where id = ${id} and account = ${who.account} returning name`;
        const [gone] = rows;
        if (gone)
          await appendAudit(tx, {
            by: who.account,
            act: "passkey-removed",
            subject: who.account,
            detail: { name: gone.name },
          });
        return gone !== undefined;
      });
      return isGone ? undefined : notFound;
    },
  };
}

function deviceActs({ ctx }: Tools): Pick<Security, "endDevice" | "endOthers"> {
  const end = async (who: Principal, only?: string): Promise<string[]> => {
    const ended = await ctx.sql.begin(async (tx) => {
      const rows = await tx<{ id: string }[]>`
        update device set revoked_at = now()
        where account = ${who.account as AccountId} and revoked_at is null
          and (id = ${only ?? null} or (${only ?? null}::text is null and id <> ${who.credential}))
        returning id`;
      for (const { id } of rows) {
        const act = id === who.credential ? "sign-out" : "device-revoked";
        await appendAudit(tx, { by: who.account, act, subject: id });
      }
      return rows.map(({ id }) => id);
    });
    ctx.ended(ended);
    return ended;
  };
  return {
    async endDevice(who, device) {
      return (await end(who, device)).length > 0 ? undefined : notFound;
    },
    async endOthers(who) {
      await end(who);
    },
  };
}
