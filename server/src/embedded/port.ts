import { createServer } from "node:net";

/** Rejects as the server itself would when it could not listen there; see `explain`. */
export function probePort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error) => reject(Object.assign(error, { port, syscall: "listen" })));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
