import type { Limits, Refusal, RefusalCode } from "@aftercare/protocol";

export const refuse = (code: RefusalCode, more?: Partial<Refusal>): { refusal: Refusal } => ({
  refusal: { code, ...more },
});

/** A refusal that tells which limit was met, and how large it is. */
export const full = (name: keyof Limits, value: number): { refusal: Refusal } =>
  refuse("full", { limit: { name, value } });
