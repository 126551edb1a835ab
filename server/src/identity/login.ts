/** Mei, mei and ＭＥＩ are one login. */
export const loginKey = (login: string): string => login.trim().normalize("NFKC").toLowerCase();
