import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy whose links can go silent or stop reading, as networks and sleeping phones do. */
export type Proxy = {
  readonly port: number;
  /** Takes what both sides say and passes nothing on; nobody is told. */
  silence(): void;
  /** Stops reading what the server sends, so that it piles up there. */
  stall(): void;
  /** New links pass again; the old ones stay as they are. */
  heal(): void;
  /** Links on which the server ended its side. */
  readonly endedByServer: number;
  close(): void;
};

export async function openProxy(targetPort: number): Promise<Proxy> {
  const links = new Set<{ client: Socket; server: Socket; silent: boolean }>();
  let endedByServer = 0;
  const listener = createServer((client) => {
    const server = connect(targetPort, "127.0.0.1");
    const link = { client, server, silent: false };
    links.add(link);
    client.on("data", (chunk) => !link.silent && server.write(chunk));
    server.on("data", (chunk) => !link.silent && client.write(chunk));
    client.on("error", () => undefined);
    server.on("error", () => undefined);
    client.on("close", () => link.silent || server.destroy());
    server.on("close", () => {
      endedByServer++;
      links.delete(link);
      // What the server said before it ended still reaches the client.
      if (!link.silent) client.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    silence() {
      for (const link of links) link.silent = true;
    },
    stall() {
      for (const { server } of links) server.pause();
    },
    heal() {
      for (const { server } of links) server.resume();
    },
    get endedByServer() {
      return endedByServer;
    },
    close() {
      listener.close();
      for (const { client, server } of links) {
        client.destroy();
        server.destroy();
      }
    },
  };
}
