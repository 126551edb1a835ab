/** A raw TCP connection that hands out what came, whole, from the first byte that was not taken yet. */
export type Wire = { write(data: string | Uint8Array): void; end(): void };

/**
 * `take` is given everything that is not taken yet, and answers how many bytes it took. Frames of these peers are not
 * WebSocket's, and this costs the generator less than a client library would.
 */
export async function openWire(
  port: number,
  take: (bytes: Buffer, wire: Wire) => number,
  onClose: () => void,
): Promise<Wire> {
  let rest: Buffer = Buffer.alloc(0);
  /** What the kernel did not take at once. */
  const unsent: Buffer[] = [];
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, chunk) {
        const bytes =
          rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
        const taken = take(bytes, wire);
        // A copy: the runtime uses the chunk's memory again.
        rest = taken === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(taken));
      },
      drain: flush,
      close: () => onClose(),
      error: () => onClose(),
    },
  });
  function flush(): void {
    for (let first = unsent[0]; first; first = unsent[0]) {
      const written = socket.write(first);
      if (written < first.length) {
        unsent[0] = first.subarray(Math.max(0, written));
        return;
      }
      unsent.shift();
    }
  }
  const wire: Wire = {
    write(data) {
      unsent.push(typeof data === "string" ? Buffer.from(data) : Buffer.from(data));
      flush();
    },
    end: () => socket.end(),
  };
  return wire;
}
