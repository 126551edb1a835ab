import { expect, test } from "bun:test";
import { Holds } from "./holds.ts";

const home = "c_0000000000000000000001";

test("L12 what was sent behind a command put off waits, and comes in order", () => {
  const holds = new Holds();
  expect(holds.mustWait(home, "a", 1, 0)).toBe(false);
  holds.putOff(home, "a", 1, 0);
  expect(holds.mustWait(home, "b", 2, 0)).toBe(true);
  expect(holds.mustWait(home, "a", 3, 0)).toBe(false);
  // It is being carried out, and ends after "b" came: "c" waits for "b" only.
  expect(holds.mustWait(home, "c", 4, 0)).toBe(true);
  expect(holds.mustWait(home, "b", 5, 0)).toBe(false);
  expect(holds.mustWait(home, "c", 6, 0)).toBe(false);
  for (const id of ["a", "b", "c"]) holds.ended(home, id);
  expect(holds.mustWait(home, "d", 7, 0)).toBe(false);
});

test("L12 one that is put off twice keeps its place before what came after it", () => {
  const holds = new Holds();
  holds.putOff(home, "a", 1, 0);
  expect(holds.mustWait(home, "b", 2, 0)).toBe(true);
  expect(holds.mustWait(home, "a", 3, 0)).toBe(false);
  holds.putOff(home, "a", 3, 0);
  expect(holds.mustWait(home, "b", 4, 0)).toBe(true);
  expect(holds.mustWait(home, "a", 5, 0)).toBe(false);
});

test("L12 one that is left out was given up; one that came again and was put off again was not", () => {
  const holds = new Holds();
  holds.putOff(home, "a", 1, 0);
  expect(holds.mustWait(home, "b", 2, 0)).toBe(true);
  holds.putOff(home, "a", 3, 0);
  expect(holds.mustWait(home, "b", 4, 0)).toBe(true);
  // "a" did not come before it this time.
  expect(holds.mustWait(home, "b", 5, 0)).toBe(false);
  expect(holds.mustWait(home, "c", 6, 0)).toBe(false);
});

test("L12 when a wait runs out, those that are known to wait still go first", () => {
  const holds = new Holds();
  holds.putOff(home, "a", 1, 0);
  expect(holds.mustWait(home, "b", 2, 20_000)).toBe(true);
  expect(holds.mustWait(home, "c", 3, 31_000)).toBe(true);
  holds.sweep(31_000);
  expect(holds.mustWait(home, "b", 4, 31_000)).toBe(false);
  expect(holds.mustWait(home, "c", 5, 31_000)).toBe(false);
});

test("streams do not wait for each other, and a flood is not remembered whole", () => {
  const holds = new Holds();
  for (let n = 1; n <= 1_000; n++) holds.putOff(home, `x${n}`, n, 0);
  expect(holds.mustWait("c_0000000000000000000002", "b", 1_001, 0)).toBe(false);
  holds.sweep(60_000);
  expect(holds.mustWait(home, "b", 1_002, 60_000)).toBe(false);
});
