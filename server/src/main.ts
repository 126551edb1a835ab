import { createServer } from "node:http";
import type { Config } from "./config.ts";

/** A placeholder: answers every request with 200. */
export async function startServer(
  config: Config,
  _database: { url: string },
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((_, response) => response.end("ok"));
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : config.port;
  return {
    url: config.publicUrl || `http://${config.host}:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
