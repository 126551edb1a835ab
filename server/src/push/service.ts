import { BlockList } from "node:net";

/** Where notifications may be sent. An endpoint comes from a browser, so it is never followed wherever it points. */
export type PushServices = {
  /** Whether the address is one of the services the operator knows, by its name alone. */
  known(endpoint: string): boolean;
  /** Whether it may be connected to now: its name leads to public addresses only. */
  reachable(endpoint: string): Promise<boolean>;
};

type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

/** Addresses that are somebody's own network: the services are never there. */
const inside = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  inside.addSubnet(net, bits, "ipv4");
/** Of IPv6 only the global unicast addresses are public, without those that carry an IPv4 address in them. */
const outside = new BlockList();
outside.addSubnet("2000::", 3, "ipv6");
for (const [net, bits] of [
  ["2001::", 32],
  ["2001:db8::", 32],
  ["2002::", 16],
] as const)
  inside.addSubnet(net, bits, "ipv6");

export const isPublic = ({ address, family }: { address: string; family: number }): boolean =>
  family === 6
    ? outside.check(address, "ipv6") && !inside.check(address, "ipv6")
    : family === 4 && !inside.check(address, "ipv4");

/** `services`: host names, `*.` and a host name, or origins that are taken as they are. */
export function createPushServices(services: readonly string[], lookup: Lookup): PushServices {
  const origins = new Set(services.filter((one) => /^https?:/.test(one)).map((one) => new URL(one).origin));
  const hosts = services.filter((one) => !/^https?:/.test(one));
  const matches = (host: string) =>
    hosts.some((one) => (one.startsWith("*.") ? host.endsWith(one.slice(1)) : host === one));
  const known = (endpoint: string): boolean => {
    if (!URL.canParse(endpoint)) return false;
    const url = new URL(endpoint);
    if (url.username !== "" || url.password !== "") return false;
    if (origins.has(url.origin)) return true;
    return url.protocol === "https:" && url.port === "" && matches(url.hostname);
  };
  return {
    known,
    async reachable(endpoint) {
      if (!known(endpoint)) return false;
      const url = new URL(endpoint);
      if (origins.has(url.origin)) return true;
      const found = await lookup(url.hostname).catch(() => []);
      return found.length > 0 && found.every(isPublic);
    },
  };
}
