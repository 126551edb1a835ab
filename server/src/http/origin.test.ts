import { expect, test } from "bun:test";
import { createOrigins } from "./origin.ts";

const none = { publicUrl: "", allowedOrigins: [] };

test("bound to loopback, only pages of this machine may, whatever the Host header says", () => {
  const { allowed } = createOrigins({ host: "127.0.0.1", ...none });
  for (const origin of ["http://127.0.0.1:7420", "http://localhost:5173", "http://[::1]:7420"])
    expect(allowed(origin, null)).toBe(true);
  for (const origin of [
    "http://evil.example",
    "http://localhost.evil.example",
    "null",
    "",
    "http://10.0.0.5:7420",
    "http://localhost:1/x",
  ])
    expect(allowed(origin, origin.replace(/^\w+:\/\//, ""))).toBe(false);
});

test("bound to all, a page at our own address in figures may; a name must be told to us", () => {
  const { allowed } = createOrigins({ host: "0.0.0.0", ...none });
  expect(allowed("http://192.168.1.5:7420", "192.168.1.5:7420")).toBe(true);
  expect(allowed("http://192.168.1.5:7420", "192.168.1.6:7420")).toBe(false);
  // A hostile name that resolves to us sends a Host header that agrees with its Origin.
  expect(allowed("http://rebound.example:7420", "rebound.example:7420")).toBe(false);
});

test("with a public URL, it and the named sites are all there is", () => {
  const { allowed } = createOrigins({
    host: "0.0.0.0",
    publicUrl: "https://chat.example",
    allowedOrigins: ["https://shop.example"],
  });
  expect(allowed("https://chat.example", "chat.example")).toBe(true);
  expect(allowed("https://shop.example", "chat.example")).toBe(true);
  expect(allowed("http://chat.example", "chat.example")).toBe(false);
  expect(allowed("https://shop.example.evil.example", "chat.example")).toBe(false);
  expect(allowed("http://10.0.0.5", "10.0.0.5")).toBe(false);
});
