import { noticeCode, plainText } from "@aftercare/core";
import { type AccountId, type Part, type StreamId, SYSTEM } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { unseal } from "../seal.ts";
import { type PushLocale, pushWords } from "./words.ts";

export type Subscription = { endpoint: string; p256dh: string; auth: string; locale: PushLocale };
export type Due = Subscription & {
  device: string;
  stream: StreamId;
  seq: number;
  tries: number;
  body: string;
  shop: string;
};

/** Rows of one look; what does not fit is found by the next. */
const duePerLook = 200;

export async function saveSubscription(sql: Sql, device: string, account: AccountId, given: Subscription) {
  const { endpoint, p256dh, auth, locale } = given;
  await sql.begin(async (tx) => {
    await tx`delete from push_subscription where endpoint = ${endpoint} and device <> ${device}`;
    await tx`
      insert into push_subscription (device, account, endpoint, p256dh, auth, locale)
      values (${device}, ${account}, ${endpoint}, ${p256dh}, ${auth}, ${locale})
      on conflict (device) do update set account = excluded.account, endpoint = excluded.endpoint,
        p256dh = excluded.p256dh, auth = excluded.auth, locale = excluded.locale`;
  });
}

export async function dropSubscription(sql: Sql, device: string): Promise<void> {
  await sql`delete from push_subscription where device = ${device}`;
}

/** Gone at the service: only if it is still the one that was tried. */
export async function dropEndpoint(sql: Sql, device: string, endpoint: string): Promise<void> {
  await sql`delete from push_subscription where device = ${device} and endpoint = ${endpoint}`;
}

/**
 * Claims what is due: the newest message of somebody else that the customer has neither read nor been told of, old enough
 * that a device with the page open would have read it. Only streams given, or all of them.
 */
export async function claimDue(
  tx: TransactionSql,
  streams: readonly string[] | undefined,
  { afterMs, retryMs }: { afterMs: number; retryMs: number },
): Promise<Due[]> {
  const only = streams === undefined ? tx`` : tx`and member.stream = any(${[...streams]}::text[])`;
  return tx<Due[]>`
    with due as (
      select sub.device, member.stream, newest.seq, newest.body
      from push_subscription sub
      join device on device.id = sub.device and device.revoked_at is null and device.expires_at > now()
      join member on member.account = sub.account and member.status = 'joined' and member.stream >= 'c_' and member.stream < 'd_'
      join stream on stream.id = member.stream
      left join push_mark mark on mark.device = sub.device and mark.stream = member.stream
      cross join lateral (
        select event.seq, event.body, event.at from event
        where event.stream = member.stream and event.seq > greatest(member.read_seq, member.from_seq - 1, coalesce(mark.told, 0))
          and event.type = 'message.sent' and event.by not in (sub.account, ${SYSTEM})
          and event.at <= extract(epoch from clock_timestamp()) * 1000 - ${afterMs}
        order by event.seq desc limit 1
      ) newest
      where stream.last_seq > greatest(member.read_seq, coalesce(mark.told, 0))
        and coalesce((member.settings ->> 'muted')::boolean, false) = false
        and (mark.claimed is null or mark.claimed < newest.seq and mark.claimed = mark.told or mark.next_at <= clock_timestamp())
        ${only}
      order by newest.at limit ${duePerLook}
    ), claimed as (
      insert into push_mark as mark (device, stream, claimed, tries, next_at)
      select device, stream, seq, 1, clock_timestamp() + ${retryMs} * interval '1 ms' from due
      on conflict (device, stream) do update set claimed = excluded.claimed,
        tries = case when mark.claimed = mark.told then 1 else mark.tries + 1 end,
        next_at = clock_timestamp() + ${retryMs} * interval '1 ms' * power(4, case when mark.claimed = mark.told then 0 else mark.tries end)
      returning device, stream, tries
    )
    select due.device, due.stream, due.seq::float8 as seq, due.body, claimed.tries, sub.endpoint, sub.p256dh, sub.auth, sub.locale,
      coalesce(workspace.settings -> 'widget' -> 'title' ->> sub.locale, workspace.name) as shop
    from due join claimed using (device, stream) join push_subscription sub on sub.device = due.device
    join workspace on workspace.id = this_workspace()`;
}

/** Told, or given up. */
export async function markTold(sql: Sql, { device, stream, seq }: Pick<Due, "device" | "stream" | "seq">) {
  await sql`
    update push_mark set told = ${seq}, claimed = greatest(claimed, ${seq})
    where device = ${device} and stream = ${stream} and told < ${seq}`;
}

/** Whether anything is subscribed at all, and streams with unread messages may be looked through. */
export async function anySubscription(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ any: boolean }[]>`select exists (select from push_subscription) as any`;
  return row?.any ?? false;
}

/** The beginning of a message, for operators who want it shown. */
export function excerptOf(body: string, locale: PushLocale, maxChars: number): string {
  const { parts = [] } = unseal<{ parts?: Part[] }>(body);
  const notices: Readonly<Record<string, string>> = pushWords[locale].notices;
  const code = noticeCode(parts) ?? "";
  const text = Object.hasOwn(notices, code) ? (notices[code] as string) : plainText(parts);
  const clean = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return clean.length > maxChars ? `${[...clean].slice(0, maxChars - 1).join("")}…` : clean;
}
