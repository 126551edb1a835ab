import { seqOrZero } from "./id.ts";
import { limits } from "./limits.ts";
import * as v from "./v.ts";

/** Bodies of the transports that are made of plain HTTP requests (server-sent events, long polling). */

/** Frames from the client, as JSON values; each is then parsed like a frame of a socket. */
export const framesPost = v.pipe(v.array(v.anyObject()), v.minLength(1), v.maxLength(limits.framesPerPost));

/** The highest frame number the client has taken; 0 at first. The server forgets frames up to it. */
export const pollPost = v.strictObject({ ack: seqOrZero });

/** The request header that names the session on these transports. */
export const sessionHeader = "aftercare-session";

export type SessionOpened = { session: string };
/** Frames with their numbers, which rise by one; those not acknowledged come again. */
export type PollAnswer<Frame> = { frames: [number, Frame][] };
