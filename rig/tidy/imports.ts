import { house, oneFilePackages } from "./house.ts";
import { type Finding, finding, type Node, nameOf, type Source, type Tree, walk } from "./source.ts";

export interface Import {
  readonly specifier: string;
  readonly offset: number;
}

/** Static, re-exporting, dynamic and type imports alike: a type is a dependency too. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (literal: unknown, node: Node) => {
    const specifier = nameOf(literal);
    if (specifier !== undefined) found.push({ specifier, offset: node.start });
  };
  walk(source.program, (node) => {
    if (
      /^(?:Import|ExportNamed|ExportAll)Declaration$/.test(node.type) ||
      /^(?:ImportExpression|TSImportType)$/.test(node.type)
    ) {
      add(node.source, node);
    } else if (node.type === "CallExpression" && nameOf(node.callee) === "require") {
      add((node.arguments as Node[])[0], node);
    }
    return undefined;
  });
  return found;
}

export function checkImports(tree: Tree): Finding[] {
  return tree.sources.flatMap((source) =>
    importsOf(source).flatMap(({ specifier, offset }) => {
      const complaint = specifier.startsWith(".") ? judgeRelative(source, specifier) : judgeBare(source, specifier);
      return complaint === undefined ? [] : [finding(source, offset, complaint.rule, complaint.message)];
    }),
  );
}

type Complaint =
  | { readonly rule: "arrow" | "deep-path" | "package" | "extension"; readonly message: string }
  | undefined;

function judgeRelative(source: Source, specifier: string): Complaint {
  const target = resolve(source.path, specifier);
  const targetRoom = target.split("/")[0] ?? "";
  const isCode = !/\.\w+(?:\?\w+)?$/.test(specifier);
  if (isCode) return { rule: "extension", message: `"${specifier}" has no extension: write "${specifier}.ts"` };
  if (source.isRig || source.room === undefined || targetRoom === source.room) return undefined;
  return { rule: "deep-path", message: `"${specifier}" leaves the room: import the face "@aftercare/${targetRoom}"` };
}

function judgeBare(source: Source, specifier: string): Complaint {
  if (source.isRig || source.room === undefined) return undefined;
  const room = house[source.room];
  if (room === undefined) return undefined;
  if (specifier.startsWith("@aftercare/")) return judgeRoom(source.room, room.rooms, specifier);
  const name = packageName(specifier);
  const home = oneFilePackages[name];
  if (home !== undefined && source.path !== home) {
    return { rule: "package", message: `${name} is imported in ${home} only: take what you need from there` };
  }
  if (room.packages === "any" || room.packages.includes(name)) return undefined;
  const listed = room.packages.length === 0 ? "none" : room.packages.join(", ");
  return {
    rule: "package",
    message: `${source.room} may not import "${name}" (it may: ${listed}; see rig/tidy/house.ts)`,
  };
}

function judgeRoom(from: string, allowed: readonly string[] | "any", specifier: string): Complaint {
  const face = specifier.slice("@aftercare/".length);
  if (allowed === "any" || allowed.includes(face)) return undefined;
  const room = face.split("/")[0] ?? "";
  if (room === "rig") return { rule: "arrow", message: "nothing imports rig: it is not shipped" };
  if (room === from) return { rule: "arrow", message: `inside ${from} import "./…", not the room's own face` };
  if (face.includes("/") && allowed.includes(room)) {
    return { rule: "deep-path", message: `import the face "@aftercare/${room}", not "${specifier}"` };
  }
  return { rule: "arrow", message: `${from} may not import ${room} (it may: ${allowed.join(", ") || "no room"})` };
}

function packageName(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:*";
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

function resolve(from: string, specifier: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
