import { limits } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import type { PostedLink } from "./posted-link.ts";

/** Frames of one answer. */
const answerBytes = 524_288;

/** Waits for frames and gives them as the JSON text of the answer. They stay held until the next poll acknowledges them. */
export async function pollFrames(clock: Clock, link: PostedLink, signal: AbortSignal): Promise<string> {
  link.carrier = "poll";
  link.session.heard();
  const detach = link.attach(clock);
  const wake = () => link.wake();
  const timer = clock.setTimer(wake, limits.pollWaitMs);
  signal.addEventListener("abort", wake);
  try {
    await link.wait();
  } finally {
    clock.clearTimer(timer);
    signal.removeEventListener("abort", wake);
    detach();
  }
  const frames = link.peek(answerBytes).map(({ n, frame }) => `[${n},${frame}]`);
  return `{"frames":[${frames.join(",")}]}`;
}
