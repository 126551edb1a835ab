import { useLayoutEffect } from "preact/hooks";

/**
 * How long it takes from the wish to open a conversation until its messages are painted: performance measures named
 * `conversation.open`, for the figures of `rig/bench/ui.ts`.
 */
const startName = "conversation.wanted";

globalThis.addEventListener?.("hashchange", () => performance.mark(startName));

export function useOpeningMark(stream: string, shown: boolean): void {
  useLayoutEffect(() => {
    if (!shown || performance.getEntriesByName(startName).length === 0) return;
    // The frame after this one begins when this one is painted.
    const frame = requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        // Two conversations side by side open together: the first to be painted has taken the mark.
        if (performance.getEntriesByName(startName).length === 0) return;
        performance.measure("conversation.open", { start: startName, detail: stream });
        performance.clearMarks(startName);
      };
      channel.port2.postMessage(undefined);
    });
    return () => cancelAnimationFrame(frame);
  }, [stream, shown]);
}
