import type { NodeStats } from "../gateway/link.ts";
import type { HttpCtx } from "./call.ts";

type Metric = { name: string; type: "counter" | "gauge"; text: string; value: number };

const statTexts: Record<keyof NodeStats, [name: string, text: string]> = {
  commandsAcked: ["commands_acked", "Commands answered as durable."],
  commandsRefused: ["commands_refused", "Commands refused."],
  framesIn: ["frames_in", "Frames from clients."],
  eventsOut: ["events_out", "Events sent to clients."],
  resumesFromMemory: ["resumes_from_memory", "Gaps filled from memory."],
  resumesFromLog: ["resumes_from_log", "Gaps read from the log."],
  resets: ["resets", "Gaps answered with a snapshot."],
  slowClosed: ["slow_closed", "Links closed because the client read too slowly."],
};

/** Prometheus' text format; it is small enough to print by hand. */
export function printMetrics({ node, links, processFigures, isDraining, busHealth }: HttpCtx): string {
  const { sockets, posted, refused } = links.counts();
  const { residentBytes, cpuSeconds, startedAtSeconds } = processFigures();
  const gauge = (name: string, text: string, value: number): Metric => ({ name, type: "gauge", text, value });
  const counter = (name: string, text: string, value: number): Metric => ({ name, type: "counter", text, value });
  const metrics: Metric[] = [
    gauge("aftercare_sessions", "Sessions on this node.", node.sessions),
    gauge(
      "aftercare_links_not_acknowledging",
      "Live links that were sent events and have gone silent.",
      node.notAcknowledging,
    ),
    gauge("aftercare_sockets", "Open WebSockets.", sockets),
    gauge("aftercare_posted_sessions", "Sessions over plain requests.", posted),
    counter("aftercare_links_refused_total", "Links refused because the node was full.", refused),
    gauge("aftercare_draining", "1 while the node is stopping.", isDraining() ? 1 : 0),
    gauge(
      "aftercare_bus_connected",
      "1 while other nodes can be heard, or there are none.",
      busHealth.connected ? 1 : 0,
    ),
    counter(
      "aftercare_bus_reconnects_total",
      "Times the connection to NATS was lost and found again.",
      busHealth.reconnects,
    ),
    counter("aftercare_bus_bells_in_total", "Bells heard from other nodes.", busHealth.bellsIn),
    counter("aftercare_bus_bells_out_total", "Bells rung for other nodes.", busHealth.bellsOut),
    counter(
      "aftercare_bus_bells_dropped_total",
      "Bells that could not be rung, or not be understood.",
      busHealth.bellsDropped,
    ),
    ...Object.entries(statTexts).map(([key, [name, text]]) =>
      counter(`aftercare_${name}_total`, text, node.stats[key as keyof NodeStats]),
    ),
    gauge("process_resident_memory_bytes", "Memory in use.", residentBytes),
    counter("process_cpu_seconds_total", "Processor time used.", cpuSeconds),
    gauge("process_start_time_seconds", "When the process started, in Unix seconds.", startedAtSeconds),
  ];
  return metrics
    .map(({ name, type, text, value }) => `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join("");
}
