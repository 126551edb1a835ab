/** A database URL as database clients take it: the socket apart, since they do not read it from a URL. */
export type Connection = { readonly url: string; readonly path?: string };

const severalHosts = /^([a-z]+:\/\/(?:[^@/?#]*@)?)([^/?#]*,[^/?#]*)(.*)$/;

/**
 * A URL that names several servers (`host1:1,host2:2`, as PostgreSQL's own library takes them) as one URL for each, in the
 * order given; the others as they are.
 */
export function hostsOf(databaseUrl: string): [string, ...string[]] {
  const found = severalHosts.exec(databaseUrl);
  if (!found) return [databaseUrl];
  const [, before = "", hosts = "", after = ""] = found;
  const [first = "", ...rest] = hosts.split(",").map((host) => `${before}${host}${after}`);
  return [first, ...rest];
}

/** The same servers, beginning with the one at this place. */
export function withFirstHost(databaseUrl: string, index: number): string {
  return databaseUrl.replace(severalHosts, (_, before: string, hosts: string, after: string) => {
    const list = hosts.split(",");
    return `${before}${[...list.slice(index), ...list.slice(0, index)].join(",")}${after}`;
  });
}

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

/** What a database URL must be, when it is not that; an empty one is none. */
export function databaseUrlProblem(value: string): string | undefined {
  if (value === "") return undefined;
  const isFine = /^postgres(ql)?:\/\//.test(value) && hostsOf(value).every((one) => URL.canParse(one));
  return isFine ? undefined : "a URL such as postgres://user:password@host:5432/aftercare";
}
