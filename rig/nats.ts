import { type ChildProcess, spawn } from "node:child_process";
import { freePort } from "./server-process.ts";

/** A certificate for the server, and the CA by which both sides know each other: paths of PEM files. */
export type NatsTls = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Clients must show a certificate of the CA. */
  readonly verify?: boolean;
};

export type NatsOptions = {
  /** A free one when it is left out; give the same one to start a server again where it was. */
  readonly port?: number;
  /** One server of a cluster: its own port for the others, and theirs. */
  readonly cluster?: { readonly port: number; readonly routes: readonly number[] };
  readonly tls?: NatsTls;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Further words of the command line. */
  readonly words?: readonly string[];
};

export type NatsServer = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it in order; no effect when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL: nobody is told. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: it is there, and answers nothing. */
  pause(): void;
  resume(): void;
};

const readyTimeoutMs = 30_000;
const tailChars = 4_000;
const advice = "there is no nats-server: run `sudo apt-get install nats-server`, or name one with NATS_SERVER_PATH";

/** Starts a real nats-server on the loopback, and waits until it takes connections. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const port = options.port ?? (await freePort());
  const child = spawn(natsServerPath(), wordsOf(options, port), { stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // A test that dies must not leave it behind.
  const endWithUs = () => child.kill("SIGKILL");
  process.once("exit", endWithUs);
  void exited.then(() => process.off("exit", endWithUs));
  await ready(child);
  const end = async (signal: NodeJS.Signals) => {
    child.kill("SIGCONT");
    child.kill(signal);
    await exited;
  };
  return {
    url: `${options.tls ? "tls" : "nats"}://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}

/** Servers that pass on to each other what they hear. */
export async function startNatsCluster(count: number, options: NatsOptions = {}): Promise<NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return Promise.all(ports.map((port) => startNats({ ...options, cluster: { port, routes: ports } })));
}

/** `npm test` has made sure that there is one. */
const natsServerPath = (): string =>
  process.env.NATS_SERVER_PATH || (Bun.which("nats-server", { PATH: folders }) ?? "nats-server");
/** Debian keeps servers out of the search path of ordinary accounts. */
const folders = `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin:/usr/local/bin`;

function wordsOf({ cluster, tls, user, password, token, words = [] }: NatsOptions, port: number): string[] {
  const given = ["--addr", "127.0.0.1", "--port", String(port)];
  if (cluster) {
    const routes = cluster.routes.filter((one) => one !== cluster.port).map((one) => `nats-route://127.0.0.1:${one}`);
    given.push("--cluster_name", "test", "--cluster", `nats://127.0.0.1:${cluster.port}`);
    // Others are told this server's address by it, so that a client learns of all from one.
    given.push("--routes", routes.join(","), "--client_advertise", `127.0.0.1:${port}`);
  }
  if (tls) {
    given.push("--tls", "--tlscert", tls.cert, "--tlskey", tls.key, "--tlscacert", tls.ca);
    if (tls.verify) given.push("--tlsverify");
  }
  if (user !== undefined) given.push("--user", user, "--pass", password ?? "");
  if (token !== undefined) given.push("--auth", token);
  return [...given, ...words];
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let tail = "";
    const failed = (why: string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`nats-server did not start: ${why}\n${tail}`));
    };
    const timer = setTimeout(() => failed("it said nothing of being ready"), readyTimeoutMs);
    child.once("error", (error) => failed("code" in error && error.code === "ENOENT" ? advice : error.message));
    child.once("exit", (code, signal) => failed(`it ended with ${code ?? signal}`));
    child.stderr?.on("data", (chunk: Buffer) => {
      tail = (tail + chunk).slice(-tailChars);
      if (!tail.includes("Server is ready")) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
