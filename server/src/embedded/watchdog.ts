import { type ChildProcess, spawn } from "node:child_process";
import { type Account, spawnAs } from "./account.ts";

/**
 * A tiny shell script between the server and PostgreSQL. It holds a pipe from the server: when that closes, because the
 * server asks for a stop or because it was killed, PostgreSQL is told to shut down, and is made to if it does not.
 * It leads a session of its own, so that Ctrl-C reaches the server alone, which drains before it stops the database.
 */
const script = `
remove=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
postgres=$!
(
  read _ <&3
  waited=0
  while kill -0 $postgres; do
    [ $((waited % 20)) -eq 0 ] && kill -INT $postgres
    sleep 0.1
    waited=$((waited + 1))
    [ $waited -eq 200 ] && kill -QUIT $postgres
    [ $waited -eq 250 ] && kill -KILL $postgres
  done
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $postgres
code=$?
kill $watcher 2>/dev/null
[ -n "$remove" ] && rm -rf "$remove"
exit $code
`;

export type Watched = {
  readonly child: ChildProcess;
  readonly exited: Promise<number>;
  /** Fast shutdown, the same that happens when this process dies. */
  stop(): void;
};

/** `removeAfter` names a directory to delete in the end, for databases of tests. */
export function spawnWatched(
  command: readonly string[],
  options: { readonly account: Account; readonly logFd: number; readonly removeAfter?: string },
): Watched {
  const child = spawn("/bin/sh", ["-c", script, "aftercare-watchdog", options.removeAfter ?? "", ...command], {
    ...spawnAs(options.account),
    detached: true,
    stdio: ["pipe", options.logFd, options.logFd],
  });
  const exited = new Promise<number>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("exit", (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
  // The pipe breaks when the watchdog is killed; its exit says so already.
  child.stdin?.on("error", () => undefined);
  return { child, exited, stop: () => void child.stdin?.destroy() };
}
