/** What a nats-server says to a client, cut into whole frames: messages can be doubled, dropped and mixed, the rest cannot. */
export type NatsFrame = { readonly isMessage: boolean; readonly bytes: Buffer };

const lineEnd = "\r\n";

/** Takes bytes as they come, gives whole frames. */
export function createNatsSplitter(): (chunk: Buffer) => NatsFrame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const frames: NatsFrame[] = [];
    for (;;) {
      const end = rest.indexOf(lineEnd);
      if (end < 0) return frames;
      const words = rest.toString("latin1", 0, end).split(/\s+/);
      const verb = words[0]?.toUpperCase() ?? "";
      const isMessage = verb === "MSG" || verb === "HMSG";
      // The last word is the length of what follows, which ends with a line end of its own.
      const length = end + lineEnd.length + (isMessage ? Number(words.at(-1)) + lineEnd.length : 0);
      if (rest.length < length) return frames;
      frames.push({ isMessage, bytes: Buffer.from(rest.subarray(0, length)) });
      rest = rest.subarray(length);
    }
  };
}
