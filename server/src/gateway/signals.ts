import type { AccountId, ClientSignal, Refusal } from "@aftercare/protocol";
import type { Bus } from "../bus.ts";
import type { Channel } from "./channel.ts";
import type { Viewing } from "./viewing.ts";

type SignalCtx = { bus: Pick<Bus, "publish">; viewing: Viewing };

/**
 * Passes on what somebody who may read says of now; nothing of it touches the database. Who reads by right types nothing, and
 * only notes are looked at: no customer hears of those. The refusal is for those who get one.
 */
export function takeSignal(
  { bus, viewing }: SignalCtx,
  channel: Channel,
  account: AccountId,
  eye: object | string,
  { type, stream, on }: ClientSignal,
): { refusal?: Refusal } {
  if (type === "typing") {
    if (!channel.isMember(account)) return { refusal: { code: "not-a-member" } };
    bus.publish({ kind: "signal", signal: { type, stream, by: account, on }, epoch: channel.epoch });
    return {};
  }
  if (!stream.startsWith("n_")) return { refusal: { code: "invalid", path: "stream" } };
  viewing.say(stream, account, eye, on);
  return {};
}
