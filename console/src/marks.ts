import { useLayoutEffect } from "preact/hooks";
import { wantedMark } from "./route.ts";

/**
 * How long it takes from the wish to open a conversation until its messages are painted: performance measures named
 * `conversation.open`, for the figures of `rig/bench/ui.ts`.
 */
export function useOpeningMark(stream: string, shown: boolean): void {
  useLayoutEffect(() => {
    if (!shown || performance.getEntriesByName(wantedMark).length === 0) return;
    // The frame after this one begins when this one is painted.
    const frame = requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        // Another one was wanted meanwhile, and its mark taken.
        if (performance.getEntriesByName(wantedMark).length === 0) return;
        performance.measure("conversation.open", { start: wantedMark, detail: stream });
        performance.clearMarks(wantedMark);
      };
      channel.port2.postMessage(undefined);
    });
    return () => cancelAnimationFrame(frame);
  }, [stream, shown]);
}
