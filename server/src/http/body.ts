import { jsonDepth, limits } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import { invalidAt, refuse } from "./refusal.ts";

/** A body must have arrived within. */
const bodyTimeoutMs = 10_000;

type Read = { value: unknown } | { response: Response };

/** The JSON of a request, within its bounds; undefined for an empty body. */
export async function readJson(request: Request, clock: Clock, maxBytes: number): Promise<Read> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return tooLarge(maxBytes);
  const text = await readText(request, clock, maxBytes);
  if (text === "too-large") return tooLarge(maxBytes);
  if (text === "late" || text === "not-text") return { response: invalidAt("body") };
  if (text.text === "") return { value: undefined };
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(?:;|$)/i.test(type))
    return { response: refuse({ code: "invalid", path: "content-type" }, 415) };
  // A list of frames is one level deeper than its frames.
  if (jsonDepth(text.text) > limits.frameDepth + 1 || /"__proto__"\s*:/.test(text.text))
    return { response: invalidAt("body") };
  try {
    return { value: JSON.parse(text.text) };
  } catch {
    return { response: invalidAt("body") };
  }
}

function tooLarge(maxBytes: number): Read {
  return { response: refuse({ code: "too-large", limit: { name: "frameBytes", value: maxBytes } }) };
}

async function readText(
  request: Request,
  clock: Clock,
  maxBytes: number,
): Promise<{ text: string } | "too-large" | "late" | "not-text"> {
  if (!request.body) return { text: "" };
  const reader = request.body.getReader();
  let isLate = false;
  const timer = clock.setTimer(() => {
    isLate = true;
    reader.cancel().catch(() => undefined);
  }, bodyTimeoutMs);
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        reader.cancel().catch(() => undefined);
        return "too-large";
      }
      chunks.push(value);
    }
    if (isLate) return "late";
    // A byte order mark stays, to be refused as in a frame.
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks)) };
  } catch {
    return isLate ? "late" : "not-text";
  } finally {
    clock.clearTimer(timer);
  }
}
