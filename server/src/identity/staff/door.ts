import type { Sql } from "postgres";
import type { Clock, Logger } from "../../context.ts";
import type { Passwords, Secrets } from "../ports.ts";
import type { IdentityStore } from "../store.ts";
import { createAttempts } from "./attempt.ts";
import { createInvitations, type InvitationRules, type Invitations } from "./invitations.ts";
import { createLinks } from "./links.ts";
import { createMailer } from "./mail.ts";
import { createPasskeys } from "./passkeys.ts";
import { createProofs, type Proofs } from "./proofs.ts";
import { createSecurity, type Security } from "./security.ts";
import { createSignIn, type SignIn } from "./sign-in.ts";
import { createWelcome } from "./sso.ts";
import { createStaff, type StaffCtx } from "./staff.ts";
import { createStaffStore } from "./store.ts";

export type DoorSettings = {
  readonly smtpUrl: string;
  readonly mailFrom: string;
  readonly oidcIssuer: string;
  readonly oidcClientId: string;
  readonly oidcClientSecret: string;
  readonly oidcDomains: readonly string[];
  readonly secondFactorRoles: readonly string[];
};

export type DoorCtx = InvitationRules & {
  readonly sql: Sql;
  readonly identity: IdentityStore;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly passwords: Passwords;
  readonly log: Logger;
  readonly settings: DoorSettings;
  /** Where browsers reach us; known once the server listens. */
  readonly origin: () => string;
  readonly ended: (devices: string[]) => void;
};

/** Everything by which staff come in and keep their keys. */
export type Door = {
  readonly signIn: SignIn;
  readonly security: Security;
  readonly invitations: Invitations;
  stop(): void;
};

export async function createDoor(given: DoorCtx): Promise<Door> {
  const { sql, identity, clock, secrets, log, settings } = given;
  const [attemptKey, proofKey] = await Promise.all(
    ["attempt", "proof"].map((name) => identity.sharedKey(name, secrets.random(32))),
  );
  if (!attemptKey || !proofKey) throw new Error("no key for sign-in");
  const links = createLinks(sql, secrets);
  const mailer = createMailer(settings, log);
  const sso = ssoOf(settings);
  const welcome = createWelcome({ sql, clock, secrets, links, domains: settings.oidcDomains });
  const ctx: StaffCtx = {
    ...given,
    store: createStaffStore(sql),
    attempts: createAttempts({ clock, secrets, key: attemptKey, store: identity }),
    links,
    mailer,
    hasSso: sso !== undefined,
    needsFactor: (role) => settings.secondFactorRoles.includes(role),
    get origin() {
      return given.origin();
    },
    get passkeys() {
      return createPasskeys(secrets, given.origin());
    },
    get proofs() {
      return proofs();
    },
  };
  // Made at the first use: single sign-on has to know where people come back to.
  let made: Proofs | undefined;
  const proofs = (): Proofs => {
    made ??= createProofs({ ...given, key: proofKey, origin: given.origin(), sso, welcome });
    return made;
  };
  const staff = await createStaff(ctx);
  return {
    signIn: createSignIn(ctx, staff),
    security: createSecurity(ctx, staff),
    invitations: createInvitations(ctx, given),
    stop: () => mailer?.close(),
  };
}

const ssoOf = ({ oidcIssuer, oidcClientId, oidcClientSecret }: DoorSettings) =>
  oidcIssuer === "" || oidcClientId === ""
    ? undefined
    : { issuer: oidcIssuer, clientId: oidcClientId, clientSecret: oidcClientSecret };
