import type { LinkAlarm, Trace, TraceDevice } from "@aftercare/protocol";
import type { Lines } from "./lines.ts";
import { ids, now, streams } from "./sample.ts";

const sentAt = now - 2 * 60_000;
const day = 86_400_000;

const device = (
  name: string,
  transport: TraceDevice["transport"],
  [sent, delivered, read]: (number | undefined)[],
  firstSeenAt = now - 9 * day,
): TraceDevice => ({
  device: name,
  transport,
  firstSeenAt,
  ...(sent !== undefined && { sentAt: sentAt + sent }),
  ...(delivered !== undefined && { deliveredAt: sentAt + delivered }),
  ...(read !== undefined && { readAt: sentAt + read }),
});

/** A message on its way: quick here, slow there, somebody away. */
export function traceOf({ customer, agents }: Lines): Trace {
  return {
    stream: streams.support,
    seq: 20,
    by: ids.customer,
    at: sentAt + 1,
    acceptedAt: sentAt,
    storedAt: sentAt + 6,
    times: "kept",
    people: [
      {
        account: ids.customer,
        name: customer,
        role: "customer",
        delivered: true,
        read: true,
        devices: [device("3f9c21ab", "websocket", [7, 330, 331], now - 400_000)],
      },
      {
        account: ids.alex,
        name: agents[0],
        role: "agent",
        delivered: true,
        read: true,
        devices: [
          device("8d07be55", "websocket", [7, 318, 4_210]),
          device("c1e64f02", "sse", [7, 641, undefined], now - 40 * day),
        ],
      },
      {
        account: ids.mei,
        name: agents[1],
        role: "agent",
        delivered: true,
        read: false,
        devices: [device("07aa9d13", "poll", [96_400, undefined, undefined])],
      },
      { account: ids.tony, name: agents[2], role: "agent", delivered: false, read: false, devices: [] },
    ],
    more: 0,
  };
}

/** Of which nothing but the receipts is known. */
export function bareTrace(lines: Lines): Trace {
  const { acceptedAt: _a, storedAt: _s, ...trace } = traceOf(lines);
  return { ...trace, people: trace.people.map((person) => ({ ...person, devices: [] })) };
}

export const alarms = ({ customer, agents }: Lines): LinkAlarm[] => [
  {
    account: ids.customer,
    name: customer,
    device: "3f9c21ab",
    transport: "websocket",
    sinceAt: now - 19_000,
    events: 3,
  },
  { account: ids.mei, name: agents[1], device: "07aa9d13", transport: "sse", sinceAt: now - 16_000, events: 1 },
];
