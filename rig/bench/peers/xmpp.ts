import { type Hearing, numberAfter, type Seat } from "../side.ts";

const receiptEveryMs = 300;
const openTimeoutMs = 60_000;
/** The most that the peer gives out at once. */
const pageMostItems = 250;

export const domain = "bench.local";
export const roomsDomain = `rooms.${domain}`;

/** Names of accounts and rooms are folded to small letters by the server. */
export const nodeOf = (id: string): string => id.toLowerCase();
export const roomOf = (seat: Seat): string => `${nodeOf(seat.conversation)}@${roomsDomain}`;

const open = `<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${domain}' version='1.0'/>`;

/** SASL PLAIN: nobody in whose name, the account, its secret. */
export function signIn(account: string, secret: string): string {
  const words = Buffer.from(`\0${nodeOf(account)}\0${secret}`).toString("base64");
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${words}</auth>`;
}

const bind = (resource: string): string =>
  `<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`;

const join = (room: string, nick: string): string =>
  `<presence xmlns='jabber:client' to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`;

/** The texts of the load have nothing that XML would want escaped. */
export const groupMessage = (room: string, id: number | "r", inner: string): string =>
  `<message xmlns='jabber:client' type='groupchat' to='${room}' id='${id}'>${inner}</message>`;

const received = (id: number): string =>
  `<received xmlns='urn:xmpp:chat-markers:0' id='${id}'/><store xmlns='urn:xmpp:hints'/>`;

/** The items before one of the archive; before its end, where none is named. */
export function archiveQuery(room: string, id: string, items: number, before: string): string {
  const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>${items}</max><before>${before}</before></set>`;
  return `<iq xmlns='jabber:client' type='set' to='${room}' id='${id}'><query xmlns='urn:xmpp:mam:2' queryid='${id}'>${set}</query></iq>`;
}

/** The archive's id of a message of a room, which grows with its place; -1 when it was not archived. */
export function stanzaIdOf(frame: string): number {
  const at = frame.indexOf("<stanza-id ");
  return at < 0 ? -1 : numberAfter(frame.slice(at, frame.indexOf(">", at)), " id='");
}

const valueAfter = (frame: string, mark: string, end: string): string => {
  const at = frame.indexOf(mark);
  return at < 0 ? "" : frame.slice(at + mark.length, frame.indexOf(end, at + mark.length));
};

type Question = { items: number; done(page: { items: number; first: string }): void };

/** XMPP over WebSocket (RFC 7395), where a frame is a stanza, by hand: a room for each conversation, with its archive. */
export class XmppDevice {
  readonly #port: number;
  readonly #seat: Seat;
  readonly #index: number;
  readonly #hear: Hearing;
  readonly #receipts: boolean;
  readonly #room: string;
  readonly #nick: string;
  readonly #own: string;
  #socket: WebSocket | undefined;
  #signedIn = false;
  #last = 0;
  #receipt: ReturnType<typeof setTimeout> | undefined;
  readonly #questions = new Map<string, Question>();
  #nextQuestion = 0;

  constructor(port: number, seat: Seat, index: number, hear: Hearing, receipts: boolean) {
    this.#port = port;
    this.#seat = seat;
    this.#index = index;
    this.#hear = hear;
    this.#receipts = receipts;
    this.#room = roomOf(seat);
    // Two devices of a person are two occupants.
    this.#nick = `d${index}`;
    this.#own = ` from='${this.#room}/${this.#nick}'`;
  }

  /** Signs in, and is in its room. */
  open(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error("a device of the peer was not let in within 60 s")), openTimeoutMs);
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/ws`, ["xmpp"]);
    this.#socket = socket;
    socket.onopen = () => socket.send(open);
    socket.onmessage = ({ data }) => {
      const frame = data as string;
      if (frame.startsWith("<message")) this.#message(frame, resolve);
      else if (frame.startsWith("<iq")) this.#answered(frame);
      else if (frame.startsWith("<stream:features")) socket.send(this.#afterFeatures());
      else if (frame.startsWith("<success")) {
        this.#signedIn = true;
        socket.send(open);
      } else if (/^<(failure|stream:error)|^<presence [^>]*type='error'/.test(frame)) reject(new Error(frame));
    };
    socket.onclose = ({ code, reason }) => {
      reject(new Error(`a device of the peer was closed: ${code} ${reason}`));
      this.#hear.lost(this.#index, `${code} ${reason}`);
    };
    return promise.finally(() => clearTimeout(timer));
  }

  #afterFeatures(): string {
    return this.#signedIn ? bind(this.#nick) : signIn(this.#seat.account, this.#seat.token);
  }

  #message(frame: string, joined: () => void): void {
    if (frame.includes("<result ")) {
      const question = this.#questions.get(valueAfter(frame, " queryid='", "'"));
      if (question) question.items++;
    } else if (frame.includes(" type='error'")) this.#hear.refused(numberAfter(frame, " id='"), frame);
    else if (frame.includes("<body>")) this.#show(frame);
    // The subject is the last thing that a room tells who comes in.
    else if (frame.includes("<subject")) joined();
  }

  /** A room sends a message to everybody in it, its author too: that is the acknowledgement, when it names its place. */
  #show(frame: string): void {
    const message = numberAfter(frame, "<body>");
    const place = stanzaIdOf(frame);
    const own = frame.includes(this.#own);
    if (own && place < 0) this.#hear.refused(message, "it was shown and not archived");
    else if (own) this.#hear.acked(message);
    this.#hear.delivered(this.#index, message, place);
    if (own || !this.#receipts) return;
    this.#last = place;
    this.#receipt ??= setTimeout(() => this.#report(), receiptEveryMs);
  }

  #report(): void {
    this.#receipt = undefined;
    this.#send(groupMessage(this.#room, "r", received(this.#last)));
  }

  #answered(frame: string): void {
    const id = valueAfter(frame, " id='", "'");
    if (id === "bind") return this.#send(join(this.#room, this.#nick));
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    question?.done({ items: question.items, first: valueAfter(frame, "<first>", "<") });
  }

  #send(frame: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  message(message: number, text: string): void {
    this.#send(groupMessage(this.#room, message, `<body>${text}</body>`));
  }

  /** The last so many of the archive, newest page first, as clients read it; how many came. */
  async history(items: number): Promise<number> {
    let came = 0;
    for (let before = ""; came < items; ) {
      const id = `q${this.#nextQuestion++}`;
      const { promise, resolve } = Promise.withResolvers<{ items: number; first: string }>();
      this.#questions.set(id, { items: 0, done: resolve });
      this.#send(archiveQuery(this.#room, id, Math.min(items - came, pageMostItems), before));
      const page = await promise;
      if (page.items === 0) break;
      came += page.items;
      before = page.first;
    }
    return came;
  }

  close(): void {
    clearTimeout(this.#receipt);
    if (this.#socket) this.#socket.onclose = null;
    this.#socket?.close();
  }
}
