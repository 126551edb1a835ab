import { type AccountId, type StreamId, streamId } from "./id.ts";
import * as v from "./v.ts";

/** Ephemeral, may be lost, never in the log. `viewing` is said of notes alone, which no customer hears of. */
export const clientSignal = v.strictObject({
  t: v.literal("signal"),
  stream: streamId,
  type: v.picklist(["typing", "viewing"]),
  on: v.boolean(),
});
export type ClientSignal = v.InferOutput<typeof clientSignal>;

export type Signal =
  | { type: "typing"; stream: StreamId; by: AccountId; on: boolean }
  /** Of a conversation, that a member is there or went; of notes, that a colleague looks at their conversation. */
  | { type: "presence"; stream: StreamId; by: AccountId; on: boolean };
