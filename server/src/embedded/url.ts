/** A database URL as database clients take it: the socket apart, since they do not read it from a URL. */
export type Connection = { readonly url: string; readonly path?: string };

/** `…?host=/dir` names the directory of a Unix socket, as PostgreSQL's own tools write it. */
export function connectionOf(databaseUrl: string): Connection {
  const url = new URL(databaseUrl);
  const dir = url.searchParams.get("host");
  if (!dir) return { url: databaseUrl };
  url.searchParams.delete("host");
  return dir.startsWith("/") ? { url: url.href, path: `${dir}/.s.PGSQL.${url.port || "5432"}` } : { url: url.href };
}

/** The same database server, another database. */
export function withDatabaseName(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

export type Place =
  | { readonly kind: "socket"; readonly dir: string; readonly temporary: boolean }
  | { readonly kind: "loopback"; readonly port: number };

export function urlOf(place: Place, user: string, password: string, database: string): string {
  const url = new URL(`postgres://localhost/${database}`);
  url.username = user;
  url.password = password;
  if (place.kind === "socket") url.searchParams.set("host", place.dir);
  else {
    url.hostname = "127.0.0.1";
    url.port = String(place.port);
  }
  return url.href;
}
