type HeaderConfig = {
  publicUrl: string;
  allowedOrigins: readonly string[];
  embedOrigins: readonly string[];
};
/** Hashes of the scripts and styles that stand in a page itself, as the built page has them. */
export type Inline = { readonly scripts: readonly string[]; readonly styles: readonly string[] };

/** For answers that are no pages: nothing in them may run, be framed or be sniffed into something else. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

const always: Record<string, string> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "geolocation=(), payment=(), usb=()",
};

/**
 * Security headers by path. Only /chat/ may be framed, by the sites that the operator named; only what stands in a page by
 * hash may run inline.
 */
export function createSecurityHeaders(
  { publicUrl, allowedOrigins, embedOrigins }: HeaderConfig,
  inline: (app: "chat" | "console") => Inline = () => ({ scripts: [], styles: [] }),
) {
  const pages = [
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    `connect-src 'self'${publicUrl === "" ? "" : ` ${publicUrl.replace(/^http/, "ws")}`}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; ");
  const ancestors = [...new Set(["'self'", ...embedOrigins, ...allowedOrigins])].join(" ");
  const appPolicy = (app: "chat" | "console", framedBy: string) => {
    const { scripts, styles } = inline(app);
    return [
      pages,
      `script-src ${["'self'", ...scripts].join(" ")}`,
      `style-src ${["'self'", ...styles].join(" ")}`,
      `frame-ancestors ${framedBy}`,
    ].join("; ");
  };
  const pagePolicy = `${pages}; frame-ancestors 'none'`;
  const isHttps = publicUrl.startsWith("https:");

  const policyOf = (path: string): string => {
    // Parts of a page live under the page's policy: theirs is not read, and sent with each.
    if (/^\/(?:chat|console)\/assets\//.test(path)) return dataPolicy;
    // Scripts too: a worker lives under the policy its own file came with.
    if (path.startsWith("/chat/")) return appPolicy("chat", ancestors);
    if (path.startsWith("/console/")) return appPolicy("console", "'none'");
    return path === "/" || path.startsWith("/demo/") ? pagePolicy : dataPolicy;
  };

  return (path: string): Record<string, string> => ({
    ...always,
    ...(isHttps && { "strict-transport-security": "max-age=31536000" }),
    "content-security-policy": policyOf(path),
    // The loader and the chat may be embedded by shops; everything else stays with us.
    "cross-origin-resource-policy": path.startsWith("/chat/") || path === "/loader.js" ? "cross-origin" : "same-origin",
  });
}
