import { startTestCluster } from "./database.ts";

/** The PostgreSQL of a test run, in a process of its own: prints its URL, and ends when its standard input does. */
const cluster = await startTestCluster();
console.log(cluster.url);
process.stdin.resume();
process.stdin.on("end", async () => {
  await cluster.stop();
  process.exit(0);
});
