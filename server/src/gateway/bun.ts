import { limits } from "@aftercare/protocol";
import type { WebSocketHandler } from "bun";
import type { Carrier } from "../http/call.ts";
import type { SocketData } from "./socket.ts";

/** A connection that sends and receives nothing for this long is closed; long answers take themselves off this timer. */
const idleSeconds = 30;

type ListenOptions = {
  host: string;
  port: number;
  fetch: (request: Request, carrier: Carrier) => Response | Promise<Response>;
  websocket: WebSocketHandler<SocketData>;
};

export type Listener = { port: number /** Closes every connection that is still open. */; stop(): Promise<void> };

/** The only place where requests and sockets come in. */
export function listen({ host, port, fetch, websocket }: ListenOptions): Listener {
  const server = Bun.serve<SocketData>({
    hostname: host,
    port,
    idleTimeout: idleSeconds,
    // The routes have narrower bounds; this one stops what no route would take.
    maxRequestBodySize: 8 * limits.frameBytes,
    development: false,
    websocket,
    async fetch(request, bun) {
      let isUpgraded = false;
      const carrier: Carrier = {
        peer: bun.requestIP(request)?.address ?? "",
        keepOpen: () => bun.timeout(request, 0),
        upgrade() {
          isUpgraded = bun.upgrade(request, { data: { session: undefined } });
          return isUpgraded;
        },
      };
      const response = await fetch(request, carrier);
      // After an upgrade the connection is the socket's, and the answer was its handshake.
      return isUpgraded ? undefined : response;
    },
  });
  return { port: server.port ?? port, stop: () => server.stop(true) };
}
