import { readFileSync } from "node:fs";

/**
 * Loaded before a server: its wall clock stands off by what a file says, in milliseconds, and jumps when that changes.
 * Timers run on, as they do when a real clock is set.
 */
const file = process.env.AFTERCARE_RIG_CLOCK ?? "";
const Real = Date;
const rightNow = Real.now;
let offsetMs = 0;

setInterval(() => {
  offsetMs = Number(readFileSync(file, "utf8")) || 0;
}, 100).unref();

const now = () => rightNow() + offsetMs;

globalThis.Date = new Proxy(Real, {
  construct: (target, words, made) => Reflect.construct(target, words.length > 0 ? words : [now()], made),
  apply: () => new Real(now()).toString(),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});
