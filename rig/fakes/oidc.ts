import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:net";
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import Provider from "oidc-provider";

/** A real OpenID Connect provider that signs in whoever the test says, and lies in its ID tokens when told to. */
export type OidcProvider = {
  readonly issuer: string;
  readonly client: { id: string; secret: string };
  /** Who sits at the browser. */
  person: { sub: string; email: string; verified: boolean; name: string };
  /** Changes what the next ID tokens say; `key` signs with a key that is not the provider's. */
  forge: ((claims: JWTPayload) => JWTPayload) | "key" | undefined;
  stop(): Promise<void>;
};

type Ctx = {
  path: string;
  body: unknown;
  respond: boolean;
  req: IncomingMessage;
  res: ServerResponse;
  oidc: { client: { clientId: string }; session: { accountId: string } };
};

export async function startOidc(returnUrl: string): Promise<OidcProvider> {
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const [own, strange] = await Promise.all([1, 2].map(() => generateKeyPair("RS256", { extractable: true })));
  if (!own || !strange) throw new Error("no keys");
  const client = { id: "aftercare", secret: "secret-of-the-test-client" };
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [returnUrl] }],
    jwks: { keys: [{ ...(await exportJWK(own.privateKey)), alg: "RS256", kid: "one", use: "sig" }] },
    claims: { email: ["email", "email_verified"], profile: ["name"] },
    pkce: { required: () => true },
    cookies: { keys: ["a key of the test's"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, email: at.person.email, email_verified: at.person.verified, name: at.person.name }),
    }),
    async loadExistingGrant({ oidc }: Ctx) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const forged = async (real: string): Promise<string> => {
    const claims = decodeJwt(real);
    const key = at.forge === "key" ? strange.privateKey : own.privateKey;
    const said = typeof at.forge === "function" ? at.forge(claims) : claims;
    return new SignJWT(said).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(key);
  };
  provider.use(async (ctx: Ctx, next: () => Promise<void>) => {
    if (ctx.path.startsWith("/interaction/")) {
      ctx.respond = false;
      await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: at.person.sub } });
      return;
    }
    await next();
    const said = ctx.body as { id_token?: string } | undefined;
    if (ctx.path === "/token" && said?.id_token && at.forge)
      ctx.body = { ...said, id_token: await forged(said.id_token) };
  });
  const server: Server = await new Promise((resolve) => {
    const one = provider.listen(Number(new URL(issuer).port), "127.0.0.1", () => resolve(one));
  });
  const at: OidcProvider = {
    issuer,
    client,
    person: { sub: "nobody", email: "nobody@nowhere.example", verified: true, name: "Nobody" },
    forge: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return at;
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** What a browser does between our page and our page: follows the provider's redirects, with its cookies. */
export async function visit(url: string, returnUrl: string): Promise<Record<string, string>> {
  const jar = new Map<string, string>();
  let at = url;
  for (let hop = 0; hop < 10; hop++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`the provider stopped at ${response.status}: ${await response.text()}`);
    at = new URL(location, at).href;
    if (at.startsWith(returnUrl)) return Object.fromEntries(new URL(at).searchParams);
  }
  throw new Error("the provider goes round in circles");
}
