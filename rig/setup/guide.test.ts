import { expect, test } from "bun:test";
import { guide } from "./guide.ts";

test("the operator guide lists the settings as the server has them (write it with: bun rig/setup/guide.ts)", () => {
  const { written, wanted } = guide();
  expect(written).toBe(wanted);
});
