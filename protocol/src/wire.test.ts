import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeOf, structure } from "../../rig/law/schema.ts";
import { newCustomer, signIn } from "./account.ts";
import { commandSchemas } from "./command.ts";
import { closeCodes, refusal, refusalCodes } from "./error.ts";
import { eventTypes, isTimeline } from "./event.ts";
import { clientFrames } from "./frame.ts";
import { framesPost, pollPost, sessionHeader } from "./http.ts";
import { limits } from "./limits.ts";
import { readSchemas } from "./read.ts";
import {
  enrolFinish,
  factorReset,
  inviteStaff,
  linkAccept,
  passkeyAddFinish,
  passkeyFinish,
  passwordChange,
  resetAsk,
  signInCode,
  ssoFinish,
} from "./sign-in.ts";
import { protocolVersions } from "./version.ts";

/** The hash of everything that goes over the wire, beside the version it belongs to. */
const wire = { version: 1, hash: "50accd6dee1036caaf8852c28ed4d07c" };

const whatToDo = `The wire changed. In one commit:
  1. Decide on the version (SPEC.md, "Versions"): what an old client or server would misunderstand raises it in
     protocol/src/version.ts; a new event type, server field or command does not.
  2. Say the change in protocol/SPEC.md.
  3. Where a law is touched, change its law test.
  4. Put the new version and hash into protocol/src/wire.test.ts.`;

const structures = (schemas: Readonly<Record<string, unknown>>): unknown =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, structure(nodeOf(schema))]));

/** What the server sends has types and no schemas: their text counts, without comments and white space. */
function declaredTypes(): string[] {
  const directory = import.meta.dir;
  const files = readdirSync(directory).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return files.sort().flatMap((name) => {
    const text = readFileSync(join(directory, name), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const declarations = text.match(/^export type \w+[^\n]*? =[\s\S]*?;\n(?![ }|])/gm) ?? [];
    return declarations.map((one) => one.replace(/\s+|(?<==\s*)\|/g, "")).sort();
  });
}

function wireText(): string {
  const commands = Object.entries(commandSchemas).map(([type, schema]) => [
    type,
    structures("stream" in schema ? { stream: schema.stream, body: schema.body } : { body: schema.body }),
  ]);
  return JSON.stringify({
    versions: protocolVersions,
    commands: Object.fromEntries(commands),
    frames: structures(clientFrames),
    reads: structures(readSchemas),
    bodies: structures({ signIn, newCustomer, refusal, framesPost, pollPost }),
    access: structures({
      signInCode,
      enrolFinish,
      passkeyFinish,
      ssoFinish,
      resetAsk,
      linkAccept,
      passwordChange,
      passkeyAddFinish,
      inviteStaff,
      factorReset,
    }),
    sessionHeader,
    refusals: Object.keys(refusalCodes),
    closeCodes,
    events: eventTypes.map((type) => [type, isTimeline(type)]),
    limits,
    types: declaredTypes(),
  });
}

test("L19 the wire is the one of this version", () => {
  const hash = createHash("sha256").update(wireText()).digest("hex").slice(0, 32);
  const found = { version: protocolVersions[0], hash };
  if (found.hash !== wire.hash || found.version !== wire.version)
    throw new Error(`${whatToDo}\n  now: ${JSON.stringify(found)}\n  was: ${JSON.stringify(wire)}`);
});

test("L19 the hash sees a changed bound, pattern, field, word and type", () => {
  const text = wireText();
  for (const part of [
    '"requirement":8000',
    "[cnid]_",
    '"replyTo"',
    '"since-join"',
    '"check":"unclean"',
    "exporttypeFold={foldSeq:Seq;",
    "version:number;account:AccountId;",
    '"move":4000',
    '"message.recalled",false',
  ])
    expect(text.includes(part), part).toBe(true);
});
