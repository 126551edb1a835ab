import type { MailLocale } from "@aftercare/protocol";
import { createTransport } from "nodemailer";
import type { Logger } from "../../context.ts";
import { type MailKind, type MailText, mailWords } from "./mail-words.ts";

const mailTimeoutMs = 15_000;

export type Mail = { to: string; locale: MailLocale; kind: MailKind; url: string; by?: string };

export interface Mailer {
  /** False when the mail server did not take it. */
  send(mail: Mail): Promise<boolean>;
  close(): void;
}

export type MailSettings = { smtpUrl: string; mailFrom: string };

/** Sends by the operator's own server; undefined when none is set. */
export function createMailer({ smtpUrl, mailFrom }: MailSettings, log: Logger): Mailer | undefined {
  if (smtpUrl === "" || mailFrom === "") return undefined;
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: mailTimeoutMs,
    greetingTimeout: mailTimeoutMs,
    socketTimeout: mailTimeoutMs,
    // A mail is ours from the first letter to the last: nothing is fetched while it is made.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail) {
      const { subject, text, html } = compose(mail);
      try {
        await transport.sendMail({ from: mailFrom, to: { name: "", address: mail.to }, subject, text, html });
        return true;
      } catch (error) {
        // The address of a colleague is nothing for a log, nor is what the server said about it.
        log.warn({ kind: mail.kind, code: (error as { code?: string }).code }, "mail was not taken by the server");
        return false;
      }
    },
    close: () => transport.close(),
  };
}

/** Plain text, and the same as HTML: no picture, no link but the one, nothing that tells whether it was read. */
export function compose({ locale, kind, url, by }: Mail): { subject: string; text: string; html: string } {
  const words: MailText = mailWords[locale][kind];
  const lead = by === undefined ? words.lead : words.leadBy(by);
  const text = [words.hello, "", lead, "", `${words.action}:`, url, "", words.until, words.not, ""].join("\n");
  const paragraph = (inside: string) => `<p style="margin:0 0 16px">${inside}</p>`;
  const button = `<a href="${escapeHtml(url)}" style="display:inline-block;padding:12px 22px;border-radius:999px;background:#0b5c4b;color:#ffffff;text-decoration:none;font-weight:600">${escapeHtml(words.action)}</a>`;
  const html = [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(words.subject)}</title></head>`,
    `<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#16211e;background:#ffffff">`,
    paragraph(escapeHtml(words.hello)),
    paragraph(escapeHtml(lead)),
    paragraph(button),
    paragraph(`${escapeHtml(words.paste)}<br><span style="word-break:break-all">${escapeHtml(url)}</span>`),
    paragraph(escapeHtml(words.until)),
    paragraph(escapeHtml(words.not)),
    "</body></html>",
  ].join("\n");
  return { subject: words.subject, text, html };
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);
