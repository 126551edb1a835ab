import type { Link, LinkEvents, Transport, TransportName } from "../types.ts";

/** A transport whose code is fetched when it is first tried: most pages never need it. */
export class LaterTransport implements Transport {
  readonly name: TransportName;
  readonly #load: () => Promise<Transport>;

  constructor(name: TransportName, load: () => Promise<Transport>) {
    this.name = name;
    this.#load = load;
  }

  open(events: LinkEvents): Link {
    let link: Link | undefined;
    let closed = false;
    this.#load().then(
      (transport) => {
        if (!closed) link = transport.open(events);
      },
      () => {
        if (!closed) events.closed({ failed: true });
      },
    );
    return {
      // Nothing is sent before `opened`, and that comes from the real one.
      send: (text) => link?.send(text),
      close() {
        closed = true;
        link?.close();
      },
    };
  }
}
