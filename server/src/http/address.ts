/** The address a request is counted under. */

/**
 * The client's address as the outermost proxy of ours saw it: each of `proxies` in front adds one entry to
 * X-Forwarded-For, and what stands before those entries anybody may have written.
 */
export function clientAddress(peer: string, forwardedFor: string | null, proxies: number): string {
  if (proxies === 0 || forwardedFor === null) return networkOf(peer);
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  return networkOf(hops[Math.max(0, hops.length - proxies)] || peer);
}

/** An IPv6 customer owns a whole /64, so one bucket stands for it; an IPv4 address in IPv6 form is itself. */
export function networkOf(address: string): string {
  const plain = address.replace(/^\[|\]$/g, "").toLowerCase();
  const mapped = /^(?:0*:)*:?(?:0*:)*ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!plain.includes(":")) return plain.slice(0, 64);
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0");
  const groups = [...front, ...middle, ...back].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "").slice(0, 4));
  return `${groups.join(":")}::/64`;
}
