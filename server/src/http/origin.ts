export type Origins = {
  /** Whether a page of this origin may use the API. `host` is the request's Host header. */
  allowed(origin: string, host: string | null): boolean;
};

type OriginConfig = { host: string; publicUrl: string; allowedOrigins: readonly string[] };

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);
const ipLiteral = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/i;

/**
 * Our own pages and those the operator named. The Host header proves nothing by itself (a hostile name may point at us),
 * so it is believed only for an address in figures, which no attacker's name can be.
 */
export function createOrigins({ host, publicUrl, allowedOrigins }: OriginConfig): Origins {
  const named = new Set([publicUrl, ...allowedOrigins].filter((url) => url !== "").map((url) => new URL(url).origin));
  const isLoopback = loopbackNames.has(host) || host === "::1" || host.startsWith("127.");
  return {
    allowed(origin, requestHost) {
      if (named.has(origin)) return true;
      if (!URL.canParse(origin)) return false;
      const url = new URL(origin);
      if (url.origin !== origin || !/^https?:$/.test(url.protocol)) return false;
      if (isLoopback) return loopbackNames.has(url.hostname);
      const isOwnAddress = ipLiteral.test(url.hostname) || loopbackNames.has(url.hostname);
      return publicUrl === "" && isOwnAddress && url.host === requestHost;
    },
  };
}

const allowedMethods = "GET, POST, PUT, PATCH, DELETE";
const allowedHeaders = "authorization, content-type, aftercare-session";
const preflightSeconds = "600";

/** What an allowed page's browser needs to hear. */
export function corsHeaders(origin: string): Record<string, string> {
  return { "access-control-allow-origin": origin, "access-control-expose-headers": "retry-after", vary: "origin" };
}

export function preflight(origin: string): Response {
  const headers = {
    ...corsHeaders(origin),
    "access-control-allow-methods": allowedMethods,
    "access-control-allow-headers": allowedHeaders,
    "access-control-max-age": preflightSeconds,
  };
  return new Response(null, { status: 204, headers });
}
