import { betterAuth } from "better-auth/minimal";
import { bearer, genericOAuth, twoFactor, username } from "better-auth/plugins";
import type { Sql } from "postgres";
import type { Logger } from "../../context.ts";
import { loginKey } from "../login.ts";
import { base64url, type Passwords, type Secrets } from "../ports.ts";
import { sqlAdapter } from "./adapter.ts";
import type { SsoProfile } from "./sso.ts";

/** A session of the library's lives no longer than an attempt; it is ended as soon as it has proved something. */
const sessionSeconds = 600;
export const recoveryCodes = 10;
const basePath = "/proof";
const provider = "sso";

export type SsoSettings = { issuer: string; clientId: string; clientSecret: string };

export type ProofsCtx = {
  readonly sql: Sql;
  readonly secrets: Secrets;
  readonly passwords: Passwords;
  readonly log: Logger;
  /** Shared by all nodes: the library's cookies and its encrypted columns hang on it. */
  readonly key: Uint8Array;
  /** Where browsers reach us. */
  readonly origin: string;
  readonly sso: SsoSettings | undefined;
  /** Told of everybody whom the provider vouches for, before the library looks for them among the known. */
  readonly welcome: (profile: SsoProfile) => Promise<void>;
};

type Jar = Record<string, string>;
type Said = { status: number; body: Record<string, unknown>; jar: Jar; location: string };
type Asked = { body?: object; query?: Record<string, string>; jar?: Jar; session?: string };

/** What the library proves. Nothing of it is ever mounted: no request from outside reaches its routes. */
export interface Proofs {
  /** The account, when login and password belong together. */
  password(login: string, password: string): Promise<boolean>;
  /** A fresh secret that waits for its first code; `uri` is what the authenticator app scans. */
  beginTotp(account: string): Promise<{ uri: string; recoveryCodes: string[] } | undefined>;
  /** Whether the code is right now; the first right one turns the second factor on. */
  checkTotp(account: string, code: string): Promise<boolean>;
  /** Uses a recovery code up. */
  useRecoveryCode(account: string, code: string): Promise<boolean>;
  newRecoveryCodes(account: string): Promise<string[] | undefined>;
  removeTotp(account: string): Promise<void>;
  recoveryCodesLeft(account: string): Promise<number>;
  beginSso(): Promise<{ url: string; jar: Jar } | undefined>;
  /** The account behind the provider's answer, once state, nonce, signature, issuer, audience and times are right. */
  finishSso(answer: Record<string, string>, jar: Jar): Promise<string | undefined>;
}

const stamps = { createdAt: "created_at", updatedAt: "updated_at" };
/** The names of 0012_sign_in.sql for the library's own. */
const tables = {
  user: { modelName: "sign_in_user", fields: { emailVerified: "email_verified", ...stamps } },
  session: {
    modelName: "sign_in_session",
    expiresIn: sessionSeconds,
    disableSessionRefresh: true,
    fields: {
      userId: "account",
      expiresAt: "expires_at",
      ipAddress: "ip_address",
      userAgent: "user_agent",
      ...stamps,
    },
  },
  account: {
    modelName: "sign_in_way",
    updateAccountOnSignIn: false,
    fields: {
      userId: "account",
      providerId: "provider",
      accountId: "provider_account",
      accessToken: "access_token",
      refreshToken: "refresh_token",
      idToken: "id_token",
      accessTokenExpiresAt: "access_token_expires_at",
      refreshTokenExpiresAt: "refresh_token_expires_at",
      ...stamps,
    },
  },
  verification: { modelName: "sign_in_check", fields: { expiresAt: "expires_at", ...stamps } },
} as const;

function makeAuth(ctx: ProofsCtx, verify: Passwords["verify"], sso: SsoSettings | undefined) {
  return betterAuth({
    appName: "Aftercare",
    baseURL: ctx.origin,
    basePath,
    secret: base64url(ctx.key),
    database: sqlAdapter(ctx.sql),
    logger: { disabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    advanced: { database: { generateId: () => base64url(ctx.secrets.random(16)) }, useSecureCookies: false },
    ...tables,
    databaseHooks: { account: { create: { before: async (way) => ({ data: { ...way, ...withoutTokens } }) } } },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      maxPasswordLength: 200,
      password: { hash: ctx.passwords.hash, verify: ({ password, hash }) => verify(password, hash) },
    },
    plugins: [
      username({
        minUsernameLength: 1,
        maxUsernameLength: 200,
        usernameValidator: () => true,
        usernameNormalization: loginKey,
        schema: { user: { fields: { username: "login_key", displayUsername: "login" } } },
      }),
      twoFactor({
        issuer: "Aftercare",
        allowPasswordless: true,
        // Ours counts for all nodes and both kinds of code; theirs would lock the rightful owner out for longer.
        accountLockout: { enabled: false },
        backupCodeOptions: { amount: recoveryCodes },
        schema: {
          user: { fields: { twoFactorEnabled: "second_factor" } },
          twoFactor: {
            modelName: "second_factor",
            fields: {
              userId: "account",
              backupCodes: "backup_codes",
              failedVerificationCount: "failed_count",
              lockedUntil: "locked_until",
            },
          },
        },
      }),
      bearer(),
      ...(sso ? [ssoPlugin(ctx, sso)] : []),
    ],
  });
}

/** We ask the provider who somebody is, and nothing afterwards. */
const withoutTokens = { accessToken: null, refreshToken: null, idToken: null };

const ssoPlugin = (ctx: ProofsCtx, { issuer, clientId, clientSecret }: SsoSettings) =>
  genericOAuth({
    config: [
      {
        providerId: provider,
        discoveryUrl: `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
        clientId,
        clientSecret,
        scopes: ["openid", "email", "profile"],
        pkce: true,
        requireIdTokenVerification: true,
        redirectURI: ssoReturn(ctx.origin),
        // Who may come in is decided before (`welcome`), with our account, in one transaction.
        disableSignUp: true,
        async mapProfileToUser(profile) {
          await ctx.welcome(profile as SsoProfile);
          return {};
        },
      },
    ],
  });

/** Where the provider sends people back: the console, which shows the answer to us itself. */
export const ssoReturn = (origin: string): string => `${origin}/console/`;

export function createProofs(ctx: ProofsCtx): Proofs {
  const auth = makeAuth(ctx, ctx.passwords.verify, ctx.sso);
  // For acts whose person has just been confirmed by us, by whatever way: the library would ask for a password again,
  // and not everybody has one.
  const vouched = makeAuth(ctx, async () => true, undefined);

  async function ask(of: { handler: typeof auth.handler }, path: string, asked: Asked): Promise<Said> {
    const headers = new Headers({ origin: ctx.origin });
    if (asked.session !== undefined) headers.set("authorization", `Bearer ${asked.session}`);
    const cookie = Object.entries(asked.jar ?? {}).map(([name, value]) => `${name}=${value}`);
    if (cookie.length > 0) headers.set("cookie", cookie.join("; "));
    if (asked.body) headers.set("content-type", "application/json");
    const url = `${ctx.origin}${basePath}${path}?${new URLSearchParams(asked.query)}`;
    const init = asked.body ? { method: "POST", body: JSON.stringify(asked.body) } : {};
    const response = await of.handler(new Request(url, { ...init, headers }));
    if (response.status >= 500) throw new Error(`sign-in library: ${path} answered ${response.status}`);
    const text = await response.text();
    const body = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, body, jar: jarOf(response), location: response.headers.get("location") ?? "" };
  }

  /** Asks for somebody whom we have confirmed, in a session of its own that ends with it. */
  async function askAs(account: string, path: string, body: object): Promise<Said> {
    const { internalAdapter } = await vouched.$context;
    const session = await internalAdapter.createSession(account);
    // Some of its routes ask for a password whatever it is: here every one is right.
    const said = await ask(vouched, path, { body: { password: "vouched", ...body }, session: session.token });
    for (const token of [session.token, tokenIn(said.jar)])
      if (token !== undefined) await internalAdapter.deleteSession(token);
    return said;
  }

  const codesOf = (said: Said) => (said.status === 200 ? (said.body.backupCodes as string[]) : undefined);
  return {
    async password(login, password) {
      const said = await ask(auth, "/sign-in/username", { body: { username: login, password } });
      const token = tokenIn(said.jar);
      if (token !== undefined) await (await auth.$context).internalAdapter.deleteSession(token);
      return said.status === 200;
    },
    async beginTotp(account) {
      const said = await askAs(account, "/two-factor/enable", { method: "totp" });
      const recoveryCodes = codesOf(said);
      return recoveryCodes && { uri: String(said.body.totpURI), recoveryCodes };
    },
    async checkTotp(account, code) {
      return (await askAs(account, "/two-factor/verify-totp", { code })).status === 200;
    },
    async useRecoveryCode(account, code) {
      return (await askAs(account, "/two-factor/verify-backup-code", { code, disableSession: true })).status === 200;
    },
    newRecoveryCodes: async (account) => codesOf(await askAs(account, "/two-factor/generate-backup-codes", {})),
    async removeTotp(account) {
      await askAs(account, "/two-factor/disable", {});
    },
    async recoveryCodesLeft(account) {
      const left = await vouched.api.viewBackupCodes({ body: { userId: account } }).catch(() => undefined);
      return left?.backupCodes.length ?? 0;
    },
    ...ssoProofs(auth, ask, ctx),
  };
}

function ssoProofs(
  auth: ReturnType<typeof makeAuth>,
  ask: (of: typeof auth, path: string, asked: Asked) => Promise<Said>,
  ctx: ProofsCtx,
): Pick<Proofs, "beginSso" | "finishSso"> {
  return {
    async beginSso() {
      const body = { provider, callbackURL: "/console/", errorCallbackURL: "/console/", disableRedirect: true };
      const said = await ask(auth, "/sign-in/social", { body });
      if (said.status !== 200 || typeof said.body.url !== "string") return undefined;
      return { url: said.body.url, jar: said.jar };
    },
    async finishSso(answer, jar) {
      const said = await ask(auth, `/callback/${provider}`, { query: answer, jar });
      const token = tokenIn(said.jar);
      if (token === undefined) {
        const reason = /[?&]error=(\w{1,60})/.exec(said.location)?.[1];
        ctx.log.warn({ reason, status: said.status }, "single sign-on refused");
        return undefined;
      }
      const { internalAdapter } = await auth.$context;
      const found = await internalAdapter.findSession(token);
      await internalAdapter.deleteSession(token);
      return found?.user.id;
    },
  };
}

function jarOf(response: Response): Jar {
  const jar: Jar = {};
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
    if (value !== "" && !/max-age=0/i.test(line)) jar[name] = value;
  }
  return jar;
}

/** The token in the library's signed session cookie. */
function tokenIn(jar: Jar): string | undefined {
  const entry = Object.entries(jar).find(([name]) => name.endsWith("session_token"));
  return entry && decodeURIComponent(entry[1]).split(".")[0];
}
