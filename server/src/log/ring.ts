import type { Event, StreamId } from "@aftercare/protocol";
import type { Bus } from "../bus.ts";

/** One bell a stream, its events in order. */
export function ring(bus: Pick<Bus, "publish">, epoch: number, events: readonly Event[]): void {
  const streams = new Map<StreamId, Event[]>();
  for (const event of events) {
    const same = streams.get(event.stream);
    if (same) same.push(event);
    else streams.set(event.stream, [event]);
  }
  for (const [stream, some] of streams) {
    const head = some.at(-1)?.seq ?? 0;
    bus.publish({ kind: "events", stream, epoch, head, events: some });
  }
}
