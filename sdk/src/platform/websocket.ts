import { closeCodes, type Ticket } from "@aftercare/protocol";
import type { Link, LinkEvents, Transport } from "../types.ts";
import { bearer, call, type HttpTransport, whyOf } from "./http.ts";

/** One socket; a ticket goes into the hello, as no token may be in a URL. */
export class WebSocketTransport implements Transport {
  readonly name = "websocket";
  readonly #at: HttpTransport;

  constructor(at: HttpTransport) {
    this.#at = at;
  }

  open(events: LinkEvents): Link {
    const ending = new AbortController();
    let socket: WebSocket | undefined;
    let ended = false;
    const end = (why: Parameters<LinkEvents["closed"]>[0]) => {
      if (ended) return;
      ended = true;
      events.closed(why);
    };
    const connect = (ticket: string) => {
      if (ended) return;
      socket = new WebSocket(socketUrl(this.#at.base));
      let opened = false;
      let heard = false;
      socket.onopen = () => {
        opened = true;
        if (!ended) events.opened(ticket);
      };
      socket.onmessage = (message) => {
        heard = true;
        if (!ended && typeof message.data === "string") events.frame(message.data);
      };
      // The credential was good for a ticket a moment ago: when the ticket is refused, nodes differ in their clocks or keys,
      // which another try or transport may pass. A credential that was revoked gets no other ticket.
      const ticketRefused = (code: number) => !heard && code === closeCodes.unauthorised;
      socket.onclose = ({ code }) => end(opened && !ticketRefused(code) ? { code } : { failed: true });
    };
    this.#ticket(ending.signal).then(connect, (error: unknown) => end(whyOf(error)));
    return {
      send: (text) => {
        if (socket?.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => {
        ended = true;
        ending.abort();
        socket?.close(1000);
      },
    };
  }

  async #ticket(signal: AbortSignal): Promise<string> {
    const { auth, base } = this.#at;
    const credential = await auth.credential();
    if (!credential) throw new Error("not signed in");
    const response = await call(base, "/v1/ticket", { method: "POST", headers: bearer(credential), signal });
    return ((await response.json()) as Ticket).ticket;
  }
}

function socketUrl(base: string): string {
  const url = new URL(`${base}/v1/socket`, typeof location === "undefined" ? undefined : location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
