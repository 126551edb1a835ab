import { limits } from "@aftercare/protocol";
import type { WebSocketHandler } from "bun";
import type { Carrier } from "../http/call.ts";
import { invalidAt } from "../http/refusal.ts";
import type { SocketData } from "./socket.ts";

/** A connection that sends and receives nothing for this long is closed; long answers take themselves off this timer. */
const idleSeconds = 30;

/** Answers on their way out, as the last frame of a poll, get this long before connections are cut. */
const farewellMs = 300;

/** Whoever has not taken an answer's end for this long does not get it. */
const farewellSeconds = 10;

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
    maxRequestBodySize: 2 * limits.framesPerPost * limits.frameBytes,
    development: false,
    websocket,
    async fetch(request, bun) {
      let isUpgraded = false;
      const carrier: Carrier = {
        peer: bun.requestIP(request)?.address ?? "",
        keepOpen: () => bun.timeout(request, 0),
        closeIfIdle: () => bun.timeout(request, farewellSeconds),
        upgrade() {
          isUpgraded = bun.upgrade(request, { data: { session: undefined } });
          return isUpgraded;
        },
      };
      const asked = withWholeUrl(request);
      if (!asked) return invalidAt("host");
      const response = await fetch(asked, carrier);
      // After an upgrade the connection is the socket's, and the answer was its handshake.
      return isUpgraded ? undefined : response;
    },
  });
  return {
    port: server.port ?? port,
    async stop() {
      await Promise.race([server.stop(), Bun.sleep(farewellMs)]);
      await server.stop(true);
    },
  };
}

/** HTTP/1.0 needs no Host, and probes of load balancers send none; a Host that cannot stand in a URL is refused. */
function withWholeUrl(request: Request): Request | undefined {
  if (URL.canParse(request.url)) return request;
  return request.headers.has("host") ? undefined : new Request(`http://localhost${request.url}`, request);
}
