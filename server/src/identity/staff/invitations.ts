import type { MailLocale, StaffInvitation } from "@aftercare/protocol";
import { appendAudit } from "../../audit/append.ts";
import type { Principal } from "../../context.ts";
import { type LinkRow, linkUrl } from "./links.ts";
import { overdue, type Refused, type StaffCtx } from "./staff.ts";

const openInvitations = 500;
const forbidden: Refused = { refusal: { code: "forbidden" } };
const notFound: Refused = { refusal: { code: "not-found" } };

/** Invitations to the staff, each bound to one address and one role. */
export interface Invitations {
  list(who: Principal): Promise<StaffInvitation[] | Refused>;
  invite(who: Principal, email: string, role: string, locale: MailLocale): Promise<{ id: string } | Refused>;
  resend(who: Principal, id: string): Promise<Refused | undefined>;
  revoke(who: Principal, id: string): Promise<Refused | undefined>;
}

export type InvitationRules = {
  /** Whether this person may invite somebody to this role; without a role, whether to any at all. */
  readonly mayInvite: (who: Principal, role?: string) => Promise<boolean>;
};

export function createInvitations(ctx: StaffCtx, { mayInvite }: InvitationRules): Invitations {
  const { mailer } = ctx;

  async function mail(link: { id: string; link: string }, to: Pick<LinkRow, "email" | "locale">, by: string) {
    const url = linkUrl(ctx.origin, "invitation", link.link);
    const taken = await mailer?.send({ to: to.email, locale: to.locale, kind: "invitation", url, by });
    if (!taken) return false;
    await ctx.links.sent(link.id);
    return true;
  }
  // The invitation stays, to be sent again; whoever asked is told that this mail did not go out.
  const notSent: Refused = { refusal: { code: "busy", path: "mail" } };

  return {
    list: async (who) => ((await mayInvite(who)) ? ctx.links.invitations() : forbidden),
    async invite(who, email, role, locale) {
      if (!(await mayInvite(who, role))) return forbidden;
      if (!mailer) return { refusal: { code: "not-found", path: "mail" } };
      if (await ctx.store.byMail(email)) return { refusal: { code: "already-a-member" } };
      if ((await ctx.links.invitations()).length >= openInvitations)
        return { refusal: { code: "full", limit: { name: "invitations", value: openInvitations } } };
      const made = await ctx.sql.begin(async (tx) => {
        await ctx.links.revokeFor(tx, "invitation", email);
        const link = await ctx.links.create(tx, { kind: "invitation", email, locale, role, by: who.account });
        await appendAudit(tx, { by: who.account, act: "invitation-sent", subject: link.id, detail: { role } });
        return link;
      });
      return (await mail(made, { email, locale }, who.name)) ? { id: made.id } : notSent;
    },
    async resend(who, id) {
      if (!(await mayInvite(who))) return forbidden;
      if (!mailer) return { refusal: { code: "not-found", path: "mail" } };
      const found = (await ctx.links.invitations()).find((one) => one.id === id);
      if (!found) return notFound;
      if (!(await mayInvite(who, found.role))) return forbidden;
      const made = await ctx.sql.begin(async (tx) => {
        const link = await ctx.links.renew(tx, id);
        if (!link) return undefined;
        const detail = { role: link.role ?? undefined, again: true };
        await appendAudit(tx, { by: who.account, act: "invitation-sent", subject: id, detail });
        return link;
      });
      if (!made) return notFound;
      return (await mail(made, made, who.name)) ? undefined : notSent;
    },
    async revoke(who, id) {
      if (!(await mayInvite(who))) return forbidden;
      const gone = await ctx.sql.begin(async (tx) => {
        const link = await ctx.links.revoke(tx, id);
        if (link) await appendAudit(tx, { by: who.account, act: "invitation-revoked", subject: id });
        return link;
      });
      return gone ? undefined : overdue;
    },
  };
}
