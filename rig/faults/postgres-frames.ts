/** What PostgreSQL says to a client, cut into whole messages. */
export type PostgresMessage = { readonly type: string; readonly bytes: Buffer };

const headBytes = 5;

/** Takes bytes as they come, gives whole messages; for links that were opened without TLS. */
export function createPostgresSplitter(): (chunk: Buffer) => PostgresMessage[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const messages: PostgresMessage[] = [];
    while (rest.length >= headBytes) {
      const length = 1 + rest.readInt32BE(1);
      if (rest.length < length) break;
      messages.push({ type: String.fromCharCode(rest[0] ?? 0), bytes: Buffer.from(rest.subarray(0, length)) });
      rest = rest.subarray(length);
    }
    return messages;
  };
}

/** The answer to a commit that succeeded. */
export const isCommitted = ({ type, bytes }: PostgresMessage): boolean =>
  type === "C" && bytes.toString("latin1", headBytes, bytes.length - 1) === "COMMIT";
