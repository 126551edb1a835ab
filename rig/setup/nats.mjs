import { findProgram, installFromDebian } from "./debian.mjs";
import { SetupFailure } from "./process.mjs";

const advice =
  "The tests of several nodes need a nats-server: run `sudo apt-get install nats-server`, or name one with NATS_SERVER_PATH.";
const findNats = () => findProgram("NATS_SERVER_PATH", ["nats-server"]);

/** A nats-server for the tests of several nodes: found, or installed from Debian when root. Gives its path. */
export async function ensureNats() {
  if (!findNats()) await installFromDebian(["nats-server"], advice);
  const found = findNats();
  if (!found) throw new SetupFailure(advice);
  return found;
}
