import { passwordChars } from "@aftercare/protocol";
import { dictionary } from "@zxcvbn-ts/language-common";
import { loginKey } from "../login.ts";

/** Made at the first password that is chosen: a node where nobody chooses one does not hold the list. */
let common: Set<string> | undefined;

const commonPasswords = (): Set<string> => {
  common ??= new Set(dictionary["passwords-common"]);
  return common;
};

/** What people put around a common word to get it past a rule. */
const trimmings = /^[\d\W_]+|[\d\W_]+$/gu;
const leet: Record<string, string> = { "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", $: "s" };

/** Why a password may not be chosen; undefined for a good one. Nothing leaves the server to find out. */
export function weakness(password: string, about: readonly string[]): "short" | "common" | "personal" | undefined {
  const folded = loginKey(password);
  if ([...password.normalize("NFKC")].length < passwordChars.min) return "short";
  if (isCommon(folded) || isRepeated(folded) || isRun(folded)) return "common";
  const words = about.map(loginKey).filter((word) => word.length >= 3);
  const rest = words.reduce((left, word) => left.replaceAll(word, ""), folded);
  return rest !== folded && [...rest].length < passwordChars.min / 2 ? "personal" : undefined;
}

function isCommon(folded: string): boolean {
  const list = commonPasswords();
  const plain = folded.replace(/[013457@$]/g, (sign) => leet[sign] ?? sign);
  return [folded, plain].some((text) => list.has(text) || list.has(text.replace(trimmings, "") || "password"));
}

/** "abcabcabcabc", "aaaaaaaaaa": nothing but one short piece again and again. */
const isRepeated = (text: string): boolean => /^(.{1,5}?)\1+$/u.test(text);

/** "1234567890", "abcdefghij", up or down. */
function isRun(text: string): boolean {
  const codes = [...text].map((one) => one.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, index) => (code - (codes[index] ?? 0) + 10) % 10));
  const isDigits = /^\d+$/.test(text);
  const plain = new Set(codes.slice(1).map((code, index) => code - (codes[index] ?? 0)));
  const one = isDigits ? steps : plain;
  return one.size === 1 && [1, 9, -1].includes([...one][0] ?? 0);
}
