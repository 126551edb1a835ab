/** One figure of the capacity model, and where it comes from: an assumption is to be replaced by a measurement. */
export type Constant = { readonly value: number; readonly unit: string; readonly source: string };

const constant = (value: number, unit: string, source: string): Constant => ({ value, unit, source });
const measured = (value: number, unit: string, where: string) => constant(value, unit, `measured: ${where}`);
const assumed = (value: number, unit: string, why: string) => constant(value, unit, `assumed: ${why}`);

/** What one unit of work costs. The measured ones are those of docs/performance.md and of `measure.ts` beside this file. */
export const costs = {
  ackedCpuSeconds: measured(0.49, "CPU-s per 1,000 acknowledged", "W2 at 700/s, batches of seven"),
  ackedFullCpuSeconds: measured(0.15, "CPU-s per 1,000 acknowledged", "W2 at most/s, full batches"),
  databaseShare: measured(0.35, "of that CPU in the database", "W2 --profile, 0.32 at 700/s to 0.39 at most/s"),
  deliveryCpuSeconds: assumed(0.05, "CPU-s per 1,000 deliveries", "ten times W4, where a thousand go out together"),
  connectCpuSeconds: assumed(3, "CPU-s per 1,000 connects with resume, node", "W7 is not measured yet"),
  connectDatabaseCpuSeconds: assumed(1, "CPU-s per 1,000 connects with resume, database", "W7 is not measured yet"),
  idleCpuSeconds: assumed(0.02, "CPU-s per 1,000 connections and heartbeat", "one small frame each way"),
  connectionBytes: measured(20_748, "resident bytes per connection", "W2, docs/performance.md"),
  messageBytes: measured(
    604,
    "bytes on disk per message, with both indexes",
    "measure.ts: 1,000,000 of 219 bytes of text",
  ),
  walBytes: measured(
    871,
    "bytes of write-ahead log per message",
    "measure.ts, without full page images: allow twice that",
  ),
  conversationBytes: measured(
    5_500,
    "bytes on disk per conversation",
    "measure.ts: 364 a stream, 388 a member; two streams, six members and four events",
  ),
} as const;

/** How an after-sales desk is used. All of it differs from shop to shop: put your own figures here. */
export const habits = {
  conversationsPerCustomerYear: assumed(1.5, "conversations", "consumer electronics, one purchase every two years"),
  messagesPerConversation: assumed(12, "messages", "half by the customer, half by staff"),
  visitsPerCustomerMonth: assumed(4, "visits with the chat connected", "the app connects when it is opened"),
  visitMinutes: assumed(6, "minutes", "of one visit"),
  messageGapSeconds: assumed(60, "seconds", "between two messages of a conversation"),
  devicesPerMessage: assumed(4, "deliveries per message", "the sender, the other side, two more devices"),
  conversationsPerAgent: assumed(4, "conversations at a time", "that one agent serves"),
  peakHour: assumed(3, "times the mean hour", "the evening"),
  incident: assumed(4, "times the peak hour", "a recall, a campaign, an outage of the shop"),
} as const;

/** Bounds that the sizes are made for. */
export const aims = {
  utilisation: 0.6,
  socketsPerNode: 10_000,
  queueingP99Ms: 50,
  databaseCoresBeforeSharding: 32,
  diskBytesBeforeSharding: 8e12,
} as const;

/** The sizes of the operator's guide. */
export const paperSizes = [1_000, 100_000, 10_000_000] as const;
