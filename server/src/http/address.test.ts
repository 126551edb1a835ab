import { expect, test } from "bun:test";
import { clientAddress, networkOf } from "./address.ts";

test("an IPv6 customer is one /64, an IPv4 address is itself in either form", () => {
  expect(networkOf("203.0.113.9")).toBe("203.0.113.9");
  expect(networkOf("::ffff:203.0.113.9")).toBe("203.0.113.9");
  expect(networkOf("0:0:0:0:0:ffff:203.0.113.9")).toBe("203.0.113.9");
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(networkOf("2001:0DB8:1:2::9")).toBe("2001:db8:1:2::/64");
  expect(networkOf("[2001:db8::1]")).toBe("2001:db8:0:0::/64");
  expect(networkOf("::1")).toBe("0:0:0:0::/64");
});

test("X-Forwarded-For is believed only as far as our own proxies wrote it", () => {
  expect(clientAddress("10.0.0.1", "1.1.1.1", 0)).toBe("10.0.0.1");
  expect(clientAddress("10.0.0.1", "6.6.6.6, 1.1.1.1", 1)).toBe("1.1.1.1");
  expect(clientAddress("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", 2)).toBe("1.1.1.1");
  expect(clientAddress("10.0.0.1", null, 1)).toBe("10.0.0.1");
  expect(clientAddress("10.0.0.1", "", 1)).toBe("10.0.0.1");
  expect(clientAddress("10.0.0.1", `6.6.6.6,${"x".repeat(500)}`, 1)).toHaveLength(64);
});
