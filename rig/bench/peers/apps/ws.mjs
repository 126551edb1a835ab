// The bound on Node: `ws` as its README shows it. Every message goes to every client of its room, the path; nothing is checked, nothing is kept.
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: false });
let place = 0;
const rooms = new Map();
server.on("connection", (socket, { url }) => {
  if (!rooms.has(url)) rooms.set(url, new Set());
  const clients = rooms.get(url);
  clients.add(socket);
  socket.on("close", () => clients.delete(socket));
  socket.on("error", () => undefined);
  socket.on("message", (data) => {
    const { n, text } = JSON.parse(data.toString());
    const frame = JSON.stringify({ id: ++place, text });
    for (const client of clients) if (client.readyState === WebSocket.OPEN) client.send(frame);
    socket.send(`a${n}`);
  });
});
