// The peer: a plain chat on Socket.IO, as its guides show it. A message is inserted, acknowledged and emitted to the room.
// It has what makes the comparison fair (token sign-in, membership, deduplication) and nothing more.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import postgres from "postgres";
import { Server } from "socket.io";

const [url, path, port] = process.argv.slice(2);
const sql = postgres(url, { ...(path && { path }), max: 10, onnotice: () => undefined });

await sql.unsafe(`
  create table account (id text primary key, token_hash bytea not null unique);
  create table member (conversation text, account text references account, primary key (account, conversation));
  create table message (
    id bigint generated always as identity primary key,
    conversation text not null,
    author text not null,
    client_id uuid not null,
    body text not null,
    created_at timestamptz not null default now(),
    unique (conversation, author, client_id)
  );
  create index message_page on message (conversation, id);
`);

const http = createServer((_, response) => response.end("ok"));
const io = new Server(http, { transports: ["websocket"] });

io.use(async (socket, next) => {
  const hash = createHash("sha256").update(String(socket.handshake.auth.token)).digest();
  const [account] = await sql`select id from account where token_hash = ${hash}`;
  if (!account) return next(new Error("unauthorised"));
  socket.data.account = account.id;
  const rooms = await sql`select conversation from member where account = ${account.id}`;
  await socket.join(rooms.map(({ conversation }) => conversation));
  next();
});

io.on("connection", (socket) => {
  socket.on("send", async ({ conversation, clientId, text }, done) => {
    if (!socket.rooms.has(conversation)) return done({ error: "forbidden" });
    const author = socket.data.account;
    try {
      const [row] = await sql`
        insert into message (conversation, author, client_id, body) values (${conversation}, ${author}, ${clientId}, ${text})
        on conflict do nothing returning id, created_at`;
      if (row)
        io.to(conversation).emit("message", {
          id: Number(row.id),
          conversation,
          author,
          clientId,
          at: row.created_at,
          text,
        });
      done({ id: row ? Number(row.id) : null });
    } catch {
      done({ error: "busy" });
    }
  });
});

http.listen(Number(port), "127.0.0.1");
