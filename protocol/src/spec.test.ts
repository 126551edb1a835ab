import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { permissions, rolePermissions, workspacePermissions } from "@aftercare/core";
import { commandSchemas, commandTypes } from "./command.ts";
import { closeCodes, mayReconnect, type RefusalCode, refusalCodes } from "./error.ts";
import { eventTypes, isTimeline } from "./event.ts";
import { clientFrames } from "./frame.ts";
import { limits } from "./limits.ts";
import { readSchemas } from "./read.ts";
import { protocolVersions } from "./version.ts";

const text = readFileSync(join(import.meta.dir, "../SPEC.md"), "utf8");

/** The rows of the table whose first head is `name`, as cells without back quotes. */
function table(name: string): string[][] {
  const lines = text.split("\n");
  const head = lines.findIndex((line) => line.startsWith(`| ${name} |`));
  if (head === -1) throw new Error(`SPEC.md has no table "${name}"`);
  const end = lines.findIndex((line, index) => index > head && !line.startsWith("|"));
  return lines.slice(head + 2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const bare = (cell: string | undefined): string => (cell ?? "").replaceAll("`", "");
const quoted = (cell: string | undefined): string[] =>
  [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, word]) => word as string);
const firsts = (name: string): string[] => table(name).map(([first]) => bare(first));

describe("SPEC.md says what the code says", () => {
  test("the laws are L1 to L20, once each and in order", () => {
    const laws = [...text.matchAll(/^\*\*(L\d+)\*\* \S/gm)].map(([, law]) => law as string);
    expect(laws).toEqual(Array.from({ length: 20 }, (_, index) => `L${index + 1}`));
  });

  test("every command, with the stream it acts in", () => {
    expect(firsts("command")).toEqual(commandTypes);
    for (const [type, home] of table("command")) {
      const isOwn = !("stream" in commandSchemas[bare(type) as (typeof commandTypes)[number]]);
      expect([type, home === "inbox"]).toEqual([type, isOwn]);
    }
  });

  test("every event, and no table names an event or a refusal that does not exist", () => {
    expect(firsts("event")).toEqual(eventTypes);
    for (const [type, , timeline] of table("event"))
      expect([type, timeline]).toEqual([type, isTimeline(bare(type)) ? "yes" : "no"]);
    for (const [, , , refusals, events] of table("command")) {
      for (const code of quoted(refusals)) expect(Object.keys(refusalCodes)).toContain(code);
      for (const type of quoted(events)) expect(eventTypes as string[]).toContain(type);
    }
  });

  test("every event but the desk's own and one of customer identity is made by some command", () => {
    const made = new Set(table("command").flatMap(([, , , , events]) => quoted(events)));
    const unmade = eventTypes.filter((type) => !made.has(type));
    expect(unmade).toEqual(["member.became", "desk.joined", "desk.left"]);
  });

  test("every refusal, with its meaning", () => {
    expect(table("refusal").map(([code, means]) => [bare(code), means ?? ""])).toEqual(
      Object.entries(refusalCodes) as [RefusalCode, string][],
    );
  });

  test("every close code, on the right side of 4500", () => {
    const listed = table("reason").map(([reason, code]) => [bare(reason), Number(code)] as const);
    expect(Object.fromEntries(listed)).toEqual(closeCodes);
    expect(listed.length).toBe(Object.keys(closeCodes).length);
    expect(mayReconnect(4499) && !mayReconnect(4500)).toBe(true);
    expect(new Set(Object.values(closeCodes)).size).toBe(listed.length);
  });

  test("L16 every limit with its value", () => {
    const listed = table("limit").map(([name, value]) => [bare(name), Number(value)] as const);
    expect(listed).toEqual(Object.entries(limits));
  });

  test("the permissions of every role", () => {
    const listed = table("kind").map(([kind, role, can]) => [
      `${kind} ${role}`,
      (can ?? "").split(", ").filter(Boolean).sort(),
    ]);
    const held = Object.entries(permissions).flatMap(([kind, roles]) =>
      Object.entries(roles).map(([role, can]) => [`${kind} ${role}`, [...can].sort()]),
    );
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(held));
    const everywhere = table("role of staff").map(([role, can]) => [role, (can ?? "").split(", ").filter(Boolean)]);
    expect(Object.fromEntries(everywhere)).toEqual(rolePermissions);
    expect(Object.fromEntries(table("permission").map(([name, means]) => [bare(name), means]))).toEqual(
      workspacePermissions,
    );
  });

  test("every frame and its fields, every read", () => {
    const listed = Object.fromEntries(table("from the client").map(([type, fields]) => [bare(type), fields ?? ""]));
    expect(Object.keys(listed).sort()).toEqual(Object.keys(clientFrames).sort());
    for (const [type, { entries }] of Object.entries(clientFrames)) {
      const named = quoted(listed[type]).map((field) => field.replace(/[?:].*$/, ""));
      expect([type, ...named.sort()]).toEqual([
        type,
        ...Object.keys(entries)
          .filter((field) => field !== "t")
          .sort(),
      ]);
    }
    const reads = Object.fromEntries(table("read").map(([type, fields]) => [bare(type), quoted(fields).sort()]));
    const schemas = Object.entries(readSchemas).map(([type, { entries }]): [string, string[]] => {
      const fields = Object.entries(entries).filter(([field]) => field !== "type");
      return [type, fields.map(([field, entry]) => (entry.type === "optional" ? `${field}?` : field)).sort()];
    });
    expect(reads).toEqual(Object.fromEntries(schemas));
  });

  test("every frame of the server", () => {
    const source = readFileSync(join(import.meta.dir, "frame.ts"), "utf8");
    const declared = source.slice(source.indexOf("export type ServerFrame")).matchAll(/\bt: "([a-z]+)"/g);
    expect(firsts("from the server").sort()).toEqual([...declared].map(([, type]) => type as string).sort());
  });

  test("L19 the version", () => {
    expect(text).toContain(`This document is version ${protocolVersions[0]}.`);
  });
});
