/** Checks of settings: each gives what a wrong value must be, as the end of a sentence, and nothing for a right one. */

export function notEmpty(value: string): string | undefined {
  return value.trim() === "" ? "something" : undefined;
}

export function optionalOrigin(value: string): string | undefined {
  if (value === "") return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain = url && (url.protocol === "http:" || url.protocol === "https:") && url.pathname === "/" && !url.search;
  return plain ? undefined : "an origin such as https://chat.example.com, without a path";
}

export function knownRole(value: string): string | undefined {
  return value === "gateway" || value === "worker" ? undefined : "gateway, worker, or both";
}

export function natsServer(value: string): string | undefined {
  const url = /^(nats|tls):\/\//.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  const plain = url && url.hostname !== "" && url.username === "" && url.password === "" && /^\/?$/.test(url.pathname);
  return plain ? undefined : "a server such as nats://nats.example.com:4222, without name and password";
}

export function natsSubject(value: string): string | undefined {
  return /^[\w-]{1,40}(\.[\w-]{1,40}){0,3}$/.test(value) ? undefined : "words of letters, digits, - and _";
}

export function optionalDatabaseUrl(value: string): string | undefined {
  if (value === "") return undefined;
  const scheme = /^postgres(ql)?:\/\//.test(value);
  return scheme && URL.canParse(value) ? undefined : "a URL such as postgres://user:password@host:5432/aftercare";
}
