import { aims, costs, habits } from "./constants.ts";

/** What so many customers ask of the system in its worst hour, and what to run for it. */
export type Plan = {
  readonly customers: number;
  readonly messagesPerYear: number;
  /** In the worst hour. */
  readonly messagesPerSecond: number;
  readonly connectsPerSecond: number;
  readonly sockets: number;
  readonly staff: number;
  /** CPU that the worst hour uses, in cores. */
  readonly nodeLoadCores: number;
  readonly databaseLoadCores: number;
  /** To run, with one node to spare where there are several. */
  readonly nodes: number;
  readonly databaseCores: number;
  readonly residentBytesPerNode: number;
  readonly natsPerSecond: number;
  readonly diskBytesPerYear: number;
  readonly walBytesPerDay: number;
  readonly costDriver: string;
  readonly shape: "one machine" | "managed PostgreSQL and nodes" | "sharded";
};

const yearSeconds = 365 * 86_400;
const monthMinutes = 30 * 1_440;
/** From here on one machine is not enough: not for its load, but because it is one. */
const oneMachineCustomers = 20_000;
const heartbeatSeconds = 15;
/** What a node takes before the first connection. */
const nodeBaseBytes = 200e6;
/** Events, receipts and presence: what the bus carries for each message. */
const bellsPerMessage = 3;

/** CPU of one acknowledged message, in seconds. Batches fill as the rate grows; between the two measured ends it is interpolated. */
export function ackedSeconds(messagesPerSecond: number): number {
  const [low, full] = [costs.ackedCpuSeconds.value, costs.ackedFullCpuSeconds.value];
  const [lowRate, fullRate] = [718, 5_761];
  const share = Math.min(1, Math.max(0, (messagesPerSecond - lowRate) / (fullRate - lowRate)));
  return (low + (full - low) * share) / 1_000;
}

export function planFor(customers: number): Plan {
  const worst = habits.peakHour.value * habits.incident.value;
  const conversationsPerYear = customers * habits.conversationsPerCustomerYear.value;
  const messagesPerYear = conversationsPerYear * habits.messagesPerConversation.value;
  const messagesPerSecond = (messagesPerYear / yearSeconds) * worst;
  const visitsPerSecond = (customers * habits.visitsPerCustomerMonth.value) / (monthMinutes * 60);
  const connectsPerSecond = visitsPerSecond * worst;
  const conversationSeconds = habits.messagesPerConversation.value * habits.messageGapSeconds.value;
  const open = (conversationsPerYear / yearSeconds) * worst * conversationSeconds;
  const staff = Math.max(2, Math.ceil(open / habits.conversationsPerAgent.value));
  const sockets = Math.ceil(connectsPerSecond * habits.visitMinutes.value * 60 + 2 * staff);
  const load = loadOf({ messagesPerSecond, connectsPerSecond, sockets });
  const byLoad = Math.max(
    1,
    Math.ceil(sockets / aims.socketsPerNode),
    Math.ceil(load.nodeLoadCores / aims.utilisation),
  );
  const isOne = customers <= oneMachineCustomers;
  const nodes = isOne ? 1 : byLoad + 1;
  const diskBytesPerYear =
    messagesPerYear * costs.messageBytes.value + conversationsPerYear * costs.conversationBytes.value;
  const databaseCores = Math.max(isOne ? 1 : 2, Math.ceil(load.databaseLoadCores / aims.utilisation));
  const isSharded =
    databaseCores > aims.databaseCoresBeforeSharding || diskBytesPerYear * 5 > aims.diskBytesBeforeSharding;
  return {
    customers,
    messagesPerYear,
    messagesPerSecond,
    connectsPerSecond,
    sockets,
    staff,
    ...load,
    nodes,
    databaseCores,
    residentBytesPerNode: nodeBaseBytes + Math.ceil(sockets / byLoad) * costs.connectionBytes.value,
    natsPerSecond: nodes > 1 ? messagesPerSecond * bellsPerMessage * nodes : 0,
    diskBytesPerYear,
    walBytesPerDay: (messagesPerYear / 365) * costs.walBytes.value,
    costDriver: driverOf(sockets, load, isOne),
    shape: isOne ? "one machine" : isSharded ? "sharded" : "managed PostgreSQL and nodes",
  };
}

type Demand = Pick<Plan, "messagesPerSecond" | "connectsPerSecond" | "sockets">;

function loadOf({ messagesPerSecond, connectsPerSecond, sockets }: Demand) {
  const acked = messagesPerSecond * ackedSeconds(messagesPerSecond);
  const deliveries = (messagesPerSecond * habits.devicesPerMessage.value * costs.deliveryCpuSeconds.value) / 1_000;
  const idle = ((sockets / heartbeatSeconds) * costs.idleCpuSeconds.value) / 1_000;
  const connects = connectsPerSecond / 1_000;
  return {
    nodeLoadCores:
      acked * (1 - costs.databaseShare.value) + deliveries + idle + connects * costs.connectCpuSeconds.value,
    databaseLoadCores: acked * costs.databaseShare.value + connects * costs.connectDatabaseCpuSeconds.value,
  };
}

function driverOf(sockets: number, load: ReturnType<typeof loadOf>, isOne: boolean): string {
  if (isOne) return "the machine itself; the load is near nothing";
  const bySockets = sockets / aims.socketsPerNode;
  if (bySockets > load.nodeLoadCores / aims.utilisation && bySockets > load.databaseLoadCores / aims.utilisation)
    return "open connections: memory of nodes";
  return load.databaseLoadCores > load.nodeLoadCores ? "CPU of the database" : "CPU of nodes";
}

const round = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(value < 0.01 ? 1 : 2);
const bytes = (value: number): string => (value >= 1e9 ? `${round(value / 1e9)} GB` : `${round(value / 1e6)} MB`);

/** A Markdown table with a column for each plan. */
export function printPlans(plans: readonly Plan[]): string {
  const line = (text: string, value: (plan: Plan) => string): string => `| ${text} | ${plans.map(value).join(" | ")} |`;
  return [
    line("customers", ({ customers }) => customers.toLocaleString("en")),
    `| --- |${plans.map(() => " --- |").join("")}`,
    line("messages a year", (plan) => round(plan.messagesPerYear)),
    line("messages/s, worst hour", (plan) => round(plan.messagesPerSecond)),
    line("connects/s, worst hour", (plan) => round(plan.connectsPerSecond)),
    line("connections at once", (plan) => round(plan.sockets)),
    line("staff online", (plan) => round(plan.staff)),
    line("CPU of nodes, cores", (plan) => round(plan.nodeLoadCores)),
    line("CPU of the database, cores", (plan) => round(plan.databaseLoadCores)),
    line("**nodes to run** (one core each)", (plan) => String(plan.nodes)),
    line("**database cores to run**", (plan) => String(plan.databaseCores)),
    line("memory of a node, one of them missing", (plan) => bytes(plan.residentBytesPerNode)),
    line("NATS deliveries/s", (plan) => (plan.natsPerSecond === 0 ? "–" : round(plan.natsPerSecond))),
    line("disk a year", (plan) => bytes(plan.diskBytesPerYear)),
    line("write-ahead log a day", (plan) => bytes(plan.walBytesPerDay)),
    line("what costs", (plan) => plan.costDriver),
    line("shape", (plan) => plan.shape),
  ].join("\n");
}
