// The bound on Bun: its own `publish`. Every message goes to every client of its room, the path; nothing is checked, nothing is kept.
let place = 0;
const server = Bun.serve<{ room: string }>({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  fetch: (request, bun) =>
    bun.upgrade(request, { data: { room: new URL(request.url).pathname } }) ? undefined : new Response("ok"),
  websocket: {
    perMessageDeflate: false,
    open: (socket) => void socket.subscribe(socket.data.room),
    message(socket, data) {
      const { n, text } = JSON.parse(String(data)) as { n: number; text: string };
      server.publish(socket.data.room, JSON.stringify({ id: ++place, text }));
      socket.send(`a${n}`);
    },
  },
});
