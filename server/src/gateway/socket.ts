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
/** With more than this one does not wait for the end of the turn: what the system takes at once is not held against the link. */
const turnChars = 16_384;

export function socketHandler({ node, identity, links, socketBufferBytes }: SocketCtx): WebSocketHandler<SocketData> {
  const atTurnEnd = createWriter();
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
      socket.data.session = node.connect(outletOf(socket, atTurnEnd), (ticket) => identity.redeem(ticket));
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

/** What goes out in one turn is written with one system call a socket: an acknowledgement and its event, a burst. */
function createWriter() {
  let due: Set<() => void> | undefined;
  const flushAll = (): void => {
    const flushes = due ?? [];
    due = undefined;
    for (const flush of flushes) {
      try {
        flush();
      } catch {
        // Of a socket that is going: its close ends the session. The others get their frames.
      }
    }
  };
  return (flush: () => void): void => {
    if (!due) {
      due = new Set();
      setImmediate(flushAll);
    }
    due.add(flush);
  };
}

function outletOf(socket: Socket, atTurnEnd: (flush: () => void) => void): Outlet {
  let frames: string[] = [];
  let waitingChars = 0;
  // 0: dropped. A link with a hole in it must not live on.
  const write = (frame: string): boolean => socket.readyState !== openState || socket.send(frame) !== 0;
  const flush = (): void => {
    const some = frames;
    frames = [];
    waitingChars = 0;
    let whole = true;
    if (some.length === 1) whole = write(some[0] as string);
    else if (some.length > 1)
      socket.cork(() => {
        whole = some.every(write);
      });
    if (!whole) socket.data.session?.end("slow");
  };
  return {
    transport: "websocket",
    send(frame) {
      if (frames.push(frame) === 1) atTurnEnd(flush);
      waitingChars += frame.length;
      if (waitingChars > turnChars) flush();
    },
    bufferedBytes: () => socket.getBufferedAmount() + waitingChars,
    close(code, reason) {
      flush();
      socket.close(code, reason);
    },
  };
}
