import { limits } from "@aftercare/protocol";
import type { ServerWebSocket, WebSocketHandler } from "bun";
import type { Identity } from "../identity/identity.ts";
import type { createNode } from "../node.ts";
import type { Outlet, Session } from "./link.ts";
import type { Links } from "./link-table.ts";

export type SocketData = { session: Session | undefined };
type Socket = ServerWebSocket<SocketData>;
type SocketCtx = {
  node: ReturnType<typeof createNode>;
  identity: Identity;
  links: Links;
  socketBufferBytes: number;
};

/** A snapshot may be larger than the bound at which a link counts as slow; past this the runtime would drop frames. */
const dropBytes = (socketBufferBytes: number) => 2 * socketBufferBytes + 16_777_216;
const openState = 1;

export function socketHandler({ node, identity, links, socketBufferBytes }: SocketCtx): WebSocketHandler<SocketData> {
  return {
    // Twice, so that the session itself can say what is wrong with a frame that is too large.
    maxPayloadLength: 2 * limits.frameBytes,
    backpressureLimit: dropBytes(socketBufferBytes),
    perMessageDeflate: false,
    // Heartbeats of our own find a dead link, in both directions and on every transport alike.
    idleTimeout: 0,
    sendPings: false,
    open(socket) {
      links.socketOpened();
      socket.data.session = node.connect(outletOf(socket), (ticket) => identity.redeem(ticket));
    },
    message(socket, message) {
      if (typeof message === "string") socket.data.session?.receive(message);
      else socket.data.session?.end("bad-frame");
    },
    ping(socket) {
      // The runtime answers by itself, past our own bounds: somebody who pings and never reads must not fill the memory.
      if (socket.getBufferedAmount() > socketBufferBytes) socket.data.session?.end("slow");
    },
    drain(socket) {
      socket.data.session?.drained();
    },
    close(socket) {
      links.socketClosed();
      socket.data.session?.closed();
    },
  };
}

function outletOf(socket: Socket): Outlet {
  return {
    transport: "websocket",
    send(frame) {
      // 0: dropped. A link with a hole in it must not live on.
      if (socket.readyState === openState && socket.send(frame) === 0) socket.data.session?.end("slow");
    },
    bufferedBytes: () => socket.getBufferedAmount(),
    close: (code, reason) => socket.close(code, reason),
  };
}
