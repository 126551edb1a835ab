type HeaderConfig = { publicUrl: string; allowedOrigins: readonly string[] };

/** For answers that are no pages: nothing in them may run, be framed or be sniffed into something else. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

const always: Record<string, string> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "geolocation=(), payment=(), usb=()",
};

/** Security headers by path. Only /chat/ may be framed, by the sites the operator allowed to connect. */
export function createSecurityHeaders({ publicUrl, allowedOrigins }: HeaderConfig) {
  const pages = [
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    `connect-src 'self'${publicUrl === "" ? "" : ` ${publicUrl.replace(/^http/, "ws")}`}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; ");
  const chatPolicy = `${pages}; frame-ancestors ${["'self'", ...allowedOrigins].join(" ")}`;
  const pagePolicy = `${pages}; frame-ancestors 'none'`;
  const isHttps = publicUrl.startsWith("https:");

  const policyOf = (path: string): string => {
    if (path.startsWith("/chat/")) return chatPolicy;
    // Scripts too: a worker lives under the policy its own file came with.
    return path === "/" || path.startsWith("/console/") ? pagePolicy : dataPolicy;
  };

  return (path: string): Record<string, string> => ({
    ...always,
    ...(isHttps && { "strict-transport-security": "max-age=31536000" }),
    "content-security-policy": policyOf(path),
    // Scripts of the chat may be embedded by shops; everything else stays with us.
    "cross-origin-resource-policy": path.startsWith("/chat/") ? "cross-origin" : "same-origin",
  });
}
