import { expect, test } from "bun:test";
import type { Hearing, Seat } from "../side.ts";
import { nodeOf, roomOf, signIn, stanzaIdOf, XmppDevice } from "./xmpp.ts";

const seat: Seat = { account: "a_Me", token: "secret", conversation: "c_Room" };
const from = `from='${roomOf(seat)}`;
const archived = (id: number) =>
  `<archived by='${roomOf(seat)}' id='1' xmlns='urn:xmpp:mam:tmp'/><stanza-id by='${roomOf(seat)}' id='${id}' xmlns='urn:xmpp:sid:0'/>`;
const shown = (nick: string, message: number, extra: string) =>
  `<message xmlns='jabber:client' to='me' ${from}/${nick}' type='groupchat' id='${message}'>${extra}<body>${message} 您好</body></message>`;

test("a message's place is the id that the archive gave it, and no other id in the frame", () => {
  expect(stanzaIdOf(shown("d0", 17, archived(1_795_400_150_361_527)))).toBe(1_795_400_150_361_527);
  expect(stanzaIdOf(shown("d0", 17, ""))).toBe(-1);
});

test("SASL PLAIN names nobody else, the account in small letters, and the secret as it is", () => {
  const words = />([^<]+)</.exec(signIn("a_Me", "Secret"))?.[1] ?? "";
  expect(Buffer.from(words, "base64").toString()).toBe("\0a_me\0Secret");
  expect(nodeOf("c_Room")).toBe("c_room");
});

type Heard = { acked: number[]; refused: number[]; delivered: [number, number][]; lost: number };

/** A server that speaks as ejabberd does, and answers a group message with what `reflect` makes of it. */
async function withServer(
  reflect: (sent: string) => readonly string[],
  work: (device: XmppDevice, heard: Heard, sent: string[]) => Promise<void>,
): Promise<void> {
  const sent: string[] = [];
  const answers = (frame: string): readonly string[] => {
    if (frame.startsWith("<open"))
      return ["<open/>", "<stream:features xmlns:stream='http://etherx.jabber.org/streams'></stream:features>"];
    if (frame.startsWith("<auth")) return ["<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"];
    if (frame.includes(" id='bind'")) return ["<iq xmlns='jabber:client' type='result' id='bind'></iq>"];
    if (frame.startsWith("<presence")) return [`<message ${from}' type='groupchat'><subject/></message>`];
    return reflect(frame);
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, self) =>
      self.upgrade(request, { headers: { "sec-websocket-protocol": "xmpp" } }) ? undefined : new Response(""),
    websocket: {
      message(socket, frame) {
        sent.push(String(frame));
        for (const answer of answers(String(frame))) socket.send(answer);
      },
    },
  });
  const heard: Heard = { acked: [], refused: [], delivered: [], lost: 0 };
  const hear: Hearing = {
    acked: (message) => void heard.acked.push(message),
    refused: (message) => void heard.refused.push(message),
    delivered: (_, message, place) => void heard.delivered.push([message, place]),
    signalled: () => undefined,
    lost: () => void heard.lost++,
  };
  const device = new XmppDevice(server.port ?? 0, seat, 3, hear, false);
  try {
    await device.open();
    await work(device, heard, sent);
  } finally {
    device.close();
    await server.stop(true);
  }
}

const archiveEnd = "<iq xmlns='jabber:client' type='result'";

test("what the room shows its author is the acknowledgement, when the archive has named its place", async () => {
  const reflect = (sent: string): string[] => {
    if (sent.includes("queryid='")) return [`${archiveEnd} id='q0'><fin/></iq>`];
    const message = Number(/ id='(\d+)'/.exec(sent)?.[1]);
    if (message === 3) return [`<message ${from}' type='error' id='3'><error/></message>`];
    return [shown("d9", 100 + message, archived(message)), shown("d3", message, message === 2 ? "" : archived(50))];
  };
  await withServer(reflect, async (device, heard) => {
    for (const message of [1, 2, 3]) device.message(message, `${message} 您好`);
    // Frames are answered in order: behind this answer stand those to the messages.
    await device.history(1);
    expect(heard.acked).toEqual([1]);
    expect(heard.refused).toEqual([2, 3]);
    expect(heard.delivered).toEqual([
      [101, 1],
      [1, 50],
      [102, 2],
      [2, -1],
    ]);
    expect(heard.lost).toBe(0);
  });
});

test("history of more than a page asks on from the first of the page before, and ends with the archive", async () => {
  const stored = 300;
  const reflect = (sent: string): string[] => {
    const id = / queryid='([^']+)'/.exec(sent)?.[1] ?? "";
    const most = Number(/<max>(\d+)</.exec(sent)?.[1]);
    const before = /<before>(\d+)</.exec(sent)?.[1];
    const end = before === undefined ? stored : Number(before) - 1;
    const count = Math.min(most, end, 250);
    const item = (place: number) =>
      `<message ${from}'><result id='${place}' queryid='${id}' xmlns='urn:xmpp:mam:2'>${shown("d1", place, archived(place))}</result></message>`;
    const items = Array.from({ length: count }, (_, index) => item(end - count + 1 + index));
    return [...items, `${archiveEnd} id='${id}'><fin><set><first>${end - count + 1}</first></set></fin></iq>`];
  };
  await withServer(reflect, async (device, heard, sent) => {
    expect(await device.history(50)).toBe(50);
    expect(await device.history(280)).toBe(280);
    expect(await device.history(500)).toBe(300);
    expect(sent.filter((frame) => frame.includes("queryid")).length).toBe(1 + 2 + 3);
    // What comes from the archive is not a delivery.
    expect(heard.delivered).toEqual([]);
  });
});
