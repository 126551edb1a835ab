import { createHmac } from "node:crypto";
import { SMTPServer } from "smtp-server";
import type { Credential } from "./server.ts";
import { ask, startTestServer, type TestServer } from "./server.ts";

/** What staff sign-in needs around the server: a mail server, authenticator apps. */

export type Letter = { to: string; subject: string; text: string; html: string; raw: string };

/** A real SMTP server on a port of its own. */
export async function startMailbox(): Promise<{
  url: string;
  letters: Letter[];
  /** The next letter to an address that was not given yet. */
  next(to: string): Promise<Letter>;
  stop(): Promise<void>;
}> {
  const letters: Letter[] = [];
  const given = new Set<Letter>();
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const raw = Buffer.concat(chunks).toString("utf8");
        for (const { address } of session.envelope.rcptTo) letters.push({ to: address, ...readLetter(raw) });
        for (const look of [...waiting]) look();
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as { port: number };
  return {
    url: `smtp://127.0.0.1:${port}`,
    letters,
    next: (to) =>
      new Promise((resolve) => {
        const look = () => {
          const found = letters.find((letter) => letter.to === to && !given.has(letter));
          if (!found) return;
          given.add(found);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The two parts of a letter, as a mail program reads them. */
function readLetter(raw: string): Omit<Letter, "to"> {
  const header = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  const encoded = /^subject: (.*)$/im.exec(header)?.[1] ?? "";
  const boundary = /boundary="([^"]+)"/i.exec(header)?.[1] ?? "";
  const parts = raw.split(`--${boundary}`).slice(1, -1).map(readPart);
  const part = (type: string) => parts.find((one) => one.type === type)?.text ?? "";
  return { subject: readWords(encoded), text: part("text/plain"), html: part("text/html"), raw };
}

function readPart(part: string): { type: string; text: string } {
  const at = part.indexOf("\r\n\r\n");
  const header = part.slice(0, at);
  const body = part.slice(at + 4);
  const type = /content-type: ([\w/]+)/i.exec(header)?.[1] ?? "";
  if (/encoding: base64/i.test(header)) return { type, text: Buffer.from(body, "base64").toString("utf8") };
  if (/encoding: quoted-printable/i.test(header)) return { type, text: fromQuoted(body.replace(/=\r\n/g, "")) };
  return { type, text: body };
}

function fromQuoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

const readWords = (text: string): string =>
  text.replace(/=\?utf-8\?([bq])\?([^?]*)\?= ?/gi, (_, kind: string, word: string) =>
    kind.toLowerCase() === "b" ? Buffer.from(word, "base64").toString("utf8") : fromQuoted(word.replace(/_/g, " ")),
  );

export const linkIn = (letter: Letter): string => /#\/(?:join|reset)\/(lnk_[-\w]{43})/.exec(letter.text)?.[1] ?? "";

/** A code as an authenticator app makes it, for now or `steps` half minutes later. */
export function totpOf(uri: string, steps = 0): string {
  const secret = fromBase32(new URL(uri).searchParams.get("secret") ?? "");
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function fromBase32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

export type StaffWorld = {
  server: TestServer;
  mailbox: Awaited<ReturnType<typeof startMailbox>>;
  stop(): Promise<void>;
};

/** A server that sends its mail to a mailbox of the test's. */
export async function startStaffWorld(flags: Readonly<Record<string, string | number>> = {}): Promise<StaffWorld> {
  const mailbox = await startMailbox();
  const mail = { "smtp-url": mailbox.url, "mail-from": "Service desk <desk@shop.example>" };
  const server = await startTestServer({ ...mail, ...flags });
  return {
    server,
    mailbox,
    async stop() {
      await server.stop();
      await mailbox.stop();
    },
  };
}

/** Somebody new on the staff, by an invitation of the owner's. */
export async function invite(
  { server, mailbox }: StaffWorld,
  by: Credential,
  email: string,
  role: string,
  password: string,
) {
  await ask(server.url, "/v1/invitations", { token: by.token, body: { email, role, locale: "en" } });
  const link = linkIn(await mailbox.next(email));
  return ask(server.url, "/v1/link/accept", { body: { link, password, name: email.split("@")[0] } });
}
