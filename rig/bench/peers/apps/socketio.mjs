// The peer: a plain chat on Socket.IO, as its guides show it. A message is inserted, acknowledged and emitted to the room.
// It has what makes the comparison fair (token sign-in, membership, deduplication) and nothing more.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import postgres from "postgres";
import { Server } from "socket.io";

const [url, path, port] = process.argv.slice(2);
const sql = postgres(url, { ...(path && { path }), max: 10, onnotice: () => undefined });

await sql.unsafe(`
  create table device (token_hash bytea primary key, account text not null);
  create table member (conversation text, account text, delivered bigint not null default 0, primary key (account, conversation));
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
  const [device] = await sql`select account from device where token_hash = ${hash}`;
  if (!device) return next(new Error("unauthorised"));
  socket.data.account = device.account;
  const rooms = await sql`select conversation from member where account = ${device.account}`;
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

  socket.on("delivered", async ({ conversation, id }) => {
    if (!socket.rooms.has(conversation)) return;
    const account = socket.data.account;
    const [row] = await sql`
      update member set delivered = ${id} where account = ${account} and conversation = ${conversation} and delivered < ${id}
      returning delivered`;
    if (row) socket.to(conversation).emit("receipt", { conversation, account, id });
  });

  socket.on("typing", ({ conversation, on }) => {
    if (socket.rooms.has(conversation))
      socket.to(conversation).emit("typing", { conversation, by: socket.data.account, on });
  });

  socket.on("history", async ({ conversation, limit }, done) => {
    if (!socket.rooms.has(conversation)) return done({ error: "forbidden" });
    done({ rows: await page(sql`conversation = ${conversation}`, Math.min(limit, 100)) });
  });

  // After an id, or the last so many: what a device missed while it was away.
  socket.on("since", async ({ conversation, id, last }, done) => {
    if (!socket.rooms.has(conversation)) return done({ error: "forbidden" });
    const after = id === undefined ? sql`` : sql`and id > ${id}`;
    done({ rows: await page(sql`conversation = ${conversation} ${after}`, last ?? 1000) });
  });
});

async function page(where, limit) {
  const rows = await sql`
    select id::integer, author, client_id, body as text, created_at as at from message where ${where} order by id desc limit ${limit}`;
  return rows.reverse();
}

http.listen(Number(port), "127.0.0.1");
