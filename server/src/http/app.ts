import { mayEverywhere } from "@aftercare/core";
import { invalid, limits, safeParse } from "@aftercare/protocol";
import { Hono } from "hono";
import type { Principal } from "../context.ts";
import type { Buckets } from "../gateway/rate.ts";
import { StoreUnavailable } from "../log/store.ts";
import { clientAddress } from "./address.ts";
import { readJson } from "./body.ts";
import type { Call, Carrier, HttpCtx } from "./call.ts";
import { corsHeaders, type Origins, preflight } from "./origin.ts";
import { busy, invalidAt, json, refuse } from "./refusal.ts";
import type { JsonSchema, Route } from "./route.ts";
import { routes } from "./routes.ts";

export type AppCtx = HttpCtx & {
  readonly origins: Origins;
  readonly rates: Buckets;
  readonly securityHeaders: (path: string) => Record<string, string>;
  /** Proxies of the operator's in front of the server. */
  readonly trustedProxies: number;
  /** Answers for the pages; undefined for a path that is none. */
  readonly page: (path: string, request: Request) => Promise<Response | undefined>;
};
type Env = { Bindings: Carrier; Variables: { address: string } };

const secretName = /^(?:access_?token|auth|authorization|bearer|key|password|secret|session|ticket|token)$/i;
/** The longest is a list of seqs. */
const mostParamChars = 2_000;
const secretValue = /^(?:act|tkt)_/;
const probes = new Set(routes.filter((route) => route.auth === "probe").map((route) => route.path));

/** Every request, whatever it is for, passes here: limits, origin, secrets in the URL, then its route. */
export function createApp(ctx: AppCtx): Hono<Env> {
  const app = new Hono<Env>({ strict: true });
  app.use(async (c, next) => {
    await next();
    const headers = ctx.securityHeaders(c.req.path);
    const origin = c.req.header("origin");
    if (origin !== undefined && ctx.origins.allowed(origin, c.req.header("host") ?? null))
      Object.assign(headers, corsHeaders(origin));
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
  });
  app.use(async (c, next) => {
    const address = clientAddress(c.env.peer, c.req.header("x-forwarded-for") ?? null, ctx.trustedProxies);
    c.set("address", address);
    return guard(ctx, c.req.raw, c.req.path, address) ?? next();
  });
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    app.on(route.method.toUpperCase(), path, (c) => {
      const query = new URL(c.req.url).searchParams;
      return serve(ctx, route, {
        request: c.req.raw,
        carrier: c.env,
        address: c.get("address"),
        params: c.req.param(),
        query,
        body: undefined,
      });
    });
  }
  app.notFound(async (c) => {
    const isPage = c.req.method === "GET" || c.req.method === "HEAD";
    return (isPage && (await ctx.page(c.req.path, c.req.raw))) || refuse({ code: "not-found" });
  });
  app.onError((error) => {
    ctx.log.error({ error: error.stack ?? String(error) }, "request failed");
    return error instanceof StoreUnavailable ? busy() : json({ refusal: { code: "busy" } }, 500);
  });
  return app;
}

/** What is refused before its route is looked at. */
function guard(ctx: AppCtx, request: Request, path: string, address: string): Response | undefined {
  const origin = request.headers.get("origin");
  const isSafe = request.method === "GET" || request.method === "HEAD";
  const isProbe = isSafe && probes.has(path);
  if (!isProbe) {
    const wait = ctx.rates.take(address);
    if (wait > 0) return refuse({ code: "rate-limited", retryAfterMs: wait });
  }
  if (carriesSecret(request.url)) return invalidAt("url");
  const isAllowed = origin === null || ctx.origins.allowed(origin, request.headers.get("host"));
  if (request.method === "OPTIONS")
    return isAllowed && origin !== null ? preflight(origin) : refuse({ code: "forbidden" });
  // A page of another site may neither act nor open a socket; without an Origin it is no browser.
  if (!isAllowed && (!isSafe || request.headers.has("upgrade"))) return refuse({ code: "forbidden", path: "origin" });
  return undefined;
}

/** URLs end up in logs, histories and referrers: nothing secret is ever taken from one. */
function carriesSecret(url: string): boolean {
  for (const [name, value] of new URL(url).searchParams)
    if (secretName.test(name) || secretValue.test(value)) return true;
  return false;
}

async function serve(ctx: AppCtx, route: Route, call: Call): Promise<Response> {
  // Sessions that are here still are served until they have moved; nothing new begins.
  if (ctx.isDraining() && route.auth !== "probe" && !route.sessionHeader) return busy();
  if (!ctx.isGateway && route.auth !== "probe") return refuse({ code: "busy", path: "roles" });
  const wrong = wrongQuery(route, call.query);
  if (wrong !== undefined) return invalidAt(wrong);
  const misfit = misfitOf(route, call);
  if (route.auth !== "bearer") {
    if (misfit !== undefined) return invalidAt(misfit);
    const body = await bodyOf(ctx, route, call.request);
    return body instanceof Response ? body : route.handle(ctx, { ...call, ...body });
  }
  const token = /^Bearer (\S{1,200})$/.exec(call.request.headers.get("authorization") ?? "")?.[1];
  const principal = token === undefined ? undefined : await ctx.identity.verify(token);
  if (!principal) return refuse({ code: "unauthorised" });
  if (!mayCall(route.needs, principal)) return refuse({ code: "forbidden" });
  if (misfit !== undefined) return invalidAt(misfit);
  const body = await bodyOf(ctx, route, call.request);
  return body instanceof Response ? body : route.handle(ctx, { ...call, ...body, principal });
}

function mayCall(needs: Extract<Route, { auth: "bearer" }>["needs"], principal: Principal): boolean {
  if (needs === undefined) return true;
  return needs === "staff" ? principal.kind === "staff" : mayEverywhere(principal, needs);
}

function wrongQuery(route: Route, query: URLSearchParams): string | undefined {
  const names = [...query.keys()];
  return names
    .find((name, index) => !Object.hasOwn(route.query ?? {}, name) || names.indexOf(name) !== index)
    ?.slice(0, 40);
}

/** The name of the first thing in path or query that has not the pattern of its schema. */
function misfitOf(route: Route, { params, query }: Call): string | undefined {
  const asked = Object.entries(route.query ?? {}).filter(([name]) => query.has(name));
  return (
    Object.entries(route.params ?? {}).find(([name, schema]) => !fits(schema, params[name] ?? ""))?.[0] ??
    asked.find(([name, { schema }]) => !fits(schema, query.get(name) ?? ""))?.[0]
  );
}

/** What a schema's pattern says of a text; its other words are the handler's. */
const fits = ({ pattern }: JsonSchema, text: string): boolean =>
  typeof pattern !== "string" || (text.length <= mostParamChars && new RegExp(pattern).test(text));

async function bodyOf(ctx: AppCtx, route: Route, request: Request): Promise<{ body: unknown } | Response> {
  if (route.method === "get") return { body: undefined };
  const read = await readJson(request, ctx.clock, route.bodyMaxBytes ?? limits.frameBytes);
  if ("response" in read) return read.response;
  if (!route.body)
    return read.value === undefined || isEmptyObject(read.value) ? { body: undefined } : invalidAt("body");
  if ("described" in route.body) return { body: read.value };
  const parsed = safeParse(route.body.schema, read.value);
  return parsed.success ? { body: parsed.output } : refuse(invalid(parsed.issues).refusal);
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;
