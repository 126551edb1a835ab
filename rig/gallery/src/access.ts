import type { Door } from "@aftercare/console";
import type { Refusal, Said, StaffAccess, StaffSecurity } from "@aftercare/sdk";
import { type AdminScene, adminAnswer } from "./admin.ts";
import { type FrontScene, frontAnswer } from "./front.ts";
import { now } from "./sample.ts";

/** What the page before the desk shows first, and whether one's own ways in are open. */
export type AccessScene = "code" | "enrol" | "forgotten" | "join" | "reset" | "over" | "security" | "security-enrol";

const hourMs = 3_600_000;
const offer = {
  uri: "otpauth://totp/Aftercare:mei@shop.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Aftercare",
  recoveryCodes: Array.from({ length: 10 }, (_, n) => `${"aB3dE fG7hJ kL9mN".split(" ")[n % 3]}-${10_000 + n * 7_919}`),
};
const security: StaffSecurity = {
  name: "Mei 林",
  login: "mei",
  email: "mei@shop.example",
  hasPassword: true,
  confirmed: true,
  secondFactor: { on: true, required: true, recoveryCodesLeft: 9 },
  passkeys: [
    { id: "one", name: "MacBook", createdAt: now - 900 * hourMs, usedAt: now - 2 * hourMs },
    { id: "two", name: "Security key with a rather long name of its own", createdAt: now - 400 * hourMs },
  ],
  devices: [
    {
      id: "a",
      agent: "Chrome, macOS",
      network: "203.0.113.x",
      createdAt: now - 30 * hourMs,
      usedAt: now,
      current: true,
    },
    {
      id: "b",
      agent: "Safari, iPhone",
      network: "2001:db8:12::",
      createdAt: now - 700 * hourMs,
      usedAt: now - 5 * hourMs,
      current: false,
    },
    { id: "c", createdAt: now - 1_000 * hourMs, usedAt: now - 300 * hourMs, current: false },
  ],
};
const link = `lnk_${"x".repeat(43)}`;
export const hashOf = (scene: AccessScene | undefined): string | undefined =>
  scene === "join" || scene === "over" ? `#/join/${link}` : scene === "reset" ? `#/reset/${link}` : undefined;

const refused = { refusal: { code: "unauthorised" as const } };

export function fakeDoor(scene: AccessScene | undefined): Door {
  const next = scene === "code" || scene === "enrol" ? scene : undefined;
  return {
    ways: async () => ({ passkey: true, sso: true, mail: true }),
    password: async () => refused,
    code: async () => refused,
    enrol: async () => ({ value: offer }),
    enrolled: async () => ({
      value: { token: "act_", account: "a_", name: "Mei", kind: "staff", expiresAt: now + hourMs },
    }),
    passkey: async () => undefined,
    leaveForSso: async () => undefined,
    returned: () => next && Promise.resolve({ value: { next, attempt: "att_sample", expiresAt: now + hourMs } }),
    forgotten: async () => ({ value: {} }),
    look: async () =>
      scene === "over"
        ? { refusal: { code: "too-late" } }
        : {
            value: {
              kind: scene === "reset" ? "reset" : "invitation",
              email: "ada@shop.example",
              login: "ada@shop.example",
              expiresAt: now + hourMs,
            },
          },
    accept: async () => ({ refusal: { code: "invalid", path: "password.common" } }),
  };
}

export function fakeAccess(
  scene: AccessScene | undefined,
  front?: FrontScene,
  admin: AdminScene = "full",
): StaffAccess {
  const isOn = scene !== "security-enrol";
  const answer = (path: string): unknown => {
    if (path === "/v1/security")
      return isOn
        ? security
        : { ...security, secondFactor: { on: false, required: false, recoveryCodesLeft: 0 }, passkeys: [] };
    return path === "/v1/security/totp" ? offer : (frontAnswer(path, front) ?? {});
  };
  const ask = async <T>(path: string, body?: object, method?: string): Promise<Said<T>> => {
    const told = front === undefined && adminAnswer(admin, path, (body ?? method) !== undefined);
    if (told) return told as Said<T>;
    const value = answer(path);
    if (value === "never") return new Promise(() => undefined);
    if (typeof value === "object" && value !== null && "refusal" in value) return value as { refusal: Refusal };
    return { value: value as T };
  };
  return { step: ask, own: ask };
}

const wait = () => new Promise((resolve) => setTimeout(resolve, 60));
const click = (pick: string, nth = 0) => document.querySelectorAll<HTMLElement>(pick)[nth]?.click();

/** Goes where the scene is, as a person would. */
export async function openAccess(scene: AccessScene | undefined): Promise<void> {
  if (scene === "forgotten") {
    await wait();
    // The first button after that of the form.
    [...document.querySelectorAll<HTMLElement>("form button[type=button]")].find((one) => !one.ariaHasPopup)?.click();
  }
  if (scene !== "security" && scene !== "security-enrol") return;
  await wait();
  click("[data-testid=preferences]");
  await wait();
  const items = [...document.querySelectorAll<HTMLElement>("[role=menuitem]")];
  items.at(-2)?.click();
  for (let turn = 0; turn < 40 && !document.querySelector("[data-testid=security]"); turn++) await wait();
  if (scene === "security-enrol") click("[data-testid=factor] button");
}
