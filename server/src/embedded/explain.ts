/** A trouble of the surroundings whose message is already the one sentence that a person needs. */
export class SetupProblem extends Error {
  override readonly name = "SetupProblem";
}

/** What the sentence may name; all optional, since errors arrive from anywhere. */
export type Circumstances = { readonly host?: string; readonly port?: number; readonly dataDir?: string };

/** One sentence for a trouble that the operator can mend, or undefined for everything else (then show the stack). */
export function explain(error: unknown, about: Circumstances = {}): string | undefined {
  if (error instanceof SetupProblem) return error.message;
  const { code = "", path, port, syscall, message } = detailsOf(error);
  const listening = syscall === "listen" || syscall === "bind" || (port !== undefined && path === undefined);
  if (code === "EADDRINUSE" || /port \d+ in use/i.test(message)) {
    return `Port ${port ?? about.port ?? "?"} is used by another program; stop it, or choose another port with --port.`;
  }
  if (code === "EADDRNOTAVAIL") {
    return `The address ${about.host ?? "given"} does not belong to this machine; choose another with --host.`;
  }
  if (code === "EACCES" && listening) {
    return `This account may not listen on port ${port ?? about.port ?? "?"}; choose one above 1023 with --port.`;
  }
  if (code === "ENOSPC" || code === "EDQUOT" || /no space left on device|disk quota exceeded/i.test(message)) {
    return `The disk that holds ${path ?? about.dataDir ?? "the data directory"} is full; free some space and start again.`;
  }
  if (code === "EROFS" || /read-only file system/i.test(message)) {
    return `${path ?? about.dataDir ?? "The data directory"} lies on a read-only disk; choose another directory with --data-dir.`;
  }
  if (code === "EACCES" || code === "EPERM") {
    return `This account may not use ${path ?? about.dataDir ?? "the data directory"}; change its owner, or choose another directory with --data-dir.`;
  }
  if (code === "ENOTDIR" || code === "EEXIST") {
    return `${path ?? about.dataDir ?? "The data directory"} is a file where a directory is needed; choose another with --data-dir.`;
  }
  if (code === "EMFILE" || code === "ENFILE")
    return "Too many files are open; raise the limit (ulimit -n) and start again.";
  if (isDatabaseAbsent(code, message)) {
    return "PostgreSQL does not answer; check DATABASE_URL, and that the database is up and lets this machine in.";
  }
  // 28P01, 28000: PostgreSQL's own codes for a wrong password and an unknown account; 3D000: no such database.
  if (code === "28P01" || code === "28000") return "PostgreSQL refused the account or password in DATABASE_URL.";
  if (code === "3D000") return "The database named in DATABASE_URL does not exist; create it, then start again.";
  if (code === "25006") return "PostgreSQL is a standby, which cannot be written; name its primary in DATABASE_URL.";
  if (code === "53100") return "PostgreSQL reports a full disk; free some space and start again.";
  if (code === "53300")
    return "PostgreSQL has no free connection; lower AFTERCARE_DB_CONNECTIONS, or raise its max_connections.";
  return undefined;
}

function isDatabaseAbsent(code: string, message: string): boolean {
  const refused = [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "CONNECT_TIMEOUT",
    "CONNECTION_CLOSED",
  ];
  return refused.includes(code) || message.startsWith("connect ECONNREFUSED");
}

function detailsOf(error: unknown) {
  const of = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  return {
    code: typeof of.code === "string" ? of.code : undefined,
    path: typeof of.path === "string" ? of.path : undefined,
    port: typeof of.port === "number" ? of.port : undefined,
    syscall: typeof of.syscall === "string" ? of.syscall : undefined,
    message: typeof of.message === "string" ? of.message : String(error),
  };
}
