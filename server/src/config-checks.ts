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

/** A host name, `*.` and a host name, or an origin. */
export function pushService(value: string): string | undefined {
  if (/^https?:/.test(value)) return optionalOrigin(value);
  return /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value)
    ? undefined
    : "a host such as push.example.com or *.push.example.com, or an origin";
}

export function pushContact(value: string): string | undefined {
  if (value === "" || /^mailto:[^\s@]+@[^\s@]+$/.test(value)) return undefined;
  return /^https:\/\/\S+$/.test(value) && URL.canParse(value)
    ? undefined
    : "mailto:somebody@example.com or an https address";
}

export function smtpUrl(value: string): string | undefined {
  if (value === "") return undefined;
  const url = /^smtps?:\/\//.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  return url && url.hostname !== "" ? undefined : "a mail server such as smtps://user:password@mail.example.com:465";
}

export function mailSender(value: string): string | undefined {
  if (value === "") return undefined;
  return /^(?:[^<>@\r\n]{1,100}<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value)
    ? undefined
    : "an address such as Service desk <desk@example.com>";
}

/** Secrets go to the provider: only in the clear within this machine. */
export function optionalIssuer(value: string): string | undefined {
  if (value === "") return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isLocal = url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  const plain = url && (url.protocol === "https:" || isLocal) && !url.search && !url.hash && url.username === "";
  return plain ? undefined : "an https address such as https://login.example.com, without a query";
}

export function mailDomain(value: string): string | undefined {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value) ? undefined : "a domain in lower case such as example.com";
}

export function roleName(value: string): string | undefined {
  return /^[A-Za-z][-\w]{0,60}$/.test(value) ? undefined : "a role such as owner, or the id of a custom one";
}
