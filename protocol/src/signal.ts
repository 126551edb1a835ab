import { type AccountId, type StreamId, streamId } from "./id.ts";
import * as v from "./v.ts";

/** Ephemeral, may be lost, never in the log. */
export const clientSignal = v.strictObject({
  t: v.literal("signal"),
  stream: streamId,
  type: v.literal("typing"),
  on: v.boolean(),
});
export type ClientSignal = v.InferOutput<typeof clientSignal>;

export type Signal =
  | { type: "typing"; stream: StreamId; by: AccountId; on: boolean }
  | { type: "presence"; stream: StreamId; by: AccountId; on: boolean };
