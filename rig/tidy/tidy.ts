import { checkImports } from "./imports.ts";
import { checkLaws } from "./laws.ts";
import { checkPurity } from "./purity.ts";
import { checkRooms } from "./rooms.ts";
import type { Finding, Tree } from "./source.ts";
import { checkStyle } from "./style.ts";

/** By rule, then by what is measured: the amount that is tolerated, which may only shrink. */
type Ratchet = Readonly<Record<string, Readonly<Record<string, number>>>>;

const ratchetPath = "rig/tidy/ratchet.json";

export function tidy(tree: Tree): Finding[] {
  const checks = [checkImports, checkPurity, checkStyle, checkRooms, checkLaws];
  const found = applyRatchet(
    tree,
    checks.flatMap((check) => check(tree)),
  );
  return found.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

export function print({ file, line, rule, message }: Finding): string {
  return `${file}:${line} ${rule} ${message}`;
}

/** Holds back what the ratchet tolerates, and complains as soon as an entry is larger than what it tolerates. */
function applyRatchet(tree: Tree, found: readonly Finding[]): Finding[] {
  const ratchet = JSON.parse(tree.files.get(ratchetPath) ?? "{}") as Ratchet;
  const toleratedBy = ({ rule, measured }: Finding) =>
    measured === undefined ? undefined : ratchet[rule]?.[measured.key];
  const remaining = found.filter((each) => (each.measured?.amount ?? 0) > (toleratedBy(each) ?? -1));
  const slack = Object.entries(ratchet).flatMap(([rule, entries]) =>
    Object.entries(entries).flatMap(([key, tolerated]): Finding[] => {
      const amounts = found
        .filter((each) => each.rule === rule && each.measured?.key === key)
        .map((each) => each.measured?.amount ?? 0);
      const actual = Math.max(0, ...amounts);
      if (actual >= tolerated) return [];
      const order = actual === 0 ? "remove it" : `lower it to ${actual}`;
      return [
        {
          file: ratchetPath,
          line: 1,
          rule: "ratchet",
          message: `${rule} "${key}" is ${actual}, not ${tolerated}: ${order}`,
        },
      ];
    }),
  );
  return [...remaining, ...slack];
}
