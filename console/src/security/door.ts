import type {
  Credential,
  LinkAbout,
  MailLocale,
  PasskeyAsk,
  Refusal,
  Said,
  SignInStep,
  SignInWays,
  StaffAccess,
  TotpOffer,
} from "@aftercare/sdk";

export type StepAnswer = Said<Credential | SignInStep>;

/** The ways in, as calls. */
export interface Door {
  ways(): Promise<SignInWays | undefined>;
  password(login: string, password: string): Promise<StepAnswer>;
  code(attempt: string, code: string, kind: "totp" | "recovery"): Promise<StepAnswer>;
  enrol(attempt: string): Promise<Said<TotpOffer>>;
  enrolled(attempt: string, code: string): Promise<StepAnswer>;
  /** Undefined when the person closed the prompt. */
  passkey(): Promise<StepAnswer | undefined>;
  leaveForSso(): Promise<Refusal | undefined>;
  /** The answer that the provider sent this browser back with, if it did; asked for once. */
  returned(): Promise<StepAnswer> | undefined;
  forgotten(email: string, locale: MailLocale): Promise<Said<object>>;
  look(link: string): Promise<Said<LinkAbout>>;
  accept(given: { link: string; password: string; name?: string; email?: string }): Promise<StepAnswer>;
}

const ssoKey = "aftercare:sso";
const ssoFields = ["code", "state", "iss", "error"] as const;

export function createDoor(access: StaffAccess): Door {
  const step = (path: string, body: object): Promise<StepAnswer> => access.step(path, body);
  return {
    async ways() {
      const said = await access.step<SignInWays>("/v1/sign-in/ways").catch(() => undefined);
      return said && "value" in said ? said.value : undefined;
    },
    password: (login, password) => step("/v1/sign-in", { login, password }),
    code: (attempt, code, kind) => step("/v1/sign-in/code", { attempt, code, kind }),
    enrol: (attempt) => access.step("/v1/sign-in/enrol", { attempt }),
    enrolled: (attempt, code) => step("/v1/sign-in/enrol/finish", { attempt, code }),
    async passkey() {
      const asked = await access.step<PasskeyAsk>("/v1/sign-in/passkey", {});
      if ("refusal" in asked) return asked;
      const { askPasskey } = await import("./passkey.ts");
      const response = await askPasskey(asked.value.options);
      return response && step("/v1/sign-in/passkey/finish", { attempt: asked.value.attempt, response });
    },
    async leaveForSso() {
      const said = await access.step<{ url: string; attempt: string }>("/v1/sign-in/sso", {});
      if ("refusal" in said) return said.refusal;
      sessionStorage.setItem(ssoKey, said.value.attempt);
      location.assign(said.value.url);
      return undefined;
    },
    returned() {
      const query = new URLSearchParams(location.search);
      const attempt = sessionStorage.getItem(ssoKey);
      if (!query.has("state")) return undefined;
      sessionStorage.removeItem(ssoKey);
      // A code in an address ends up in histories.
      history.replaceState(null, "", location.pathname + location.hash);
      const answer = Object.fromEntries(
        ssoFields.flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : [])),
      );
      return attempt === null
        ? Promise.resolve({ refusal: { code: "too-late" } })
        : step("/v1/sign-in/sso/finish", { attempt, answer });
    },
    forgotten: (email, locale) => access.step("/v1/password-reset", { email, locale }),
    look: (link) => access.step("/v1/link", { link }),
    accept: (given) => step("/v1/link/accept", given),
  };
}

/** The link of a mail in the address of this page: `#/join/lnk_…`, `#/reset/lnk_…`. */
export const linkIn = (hash: string): string | undefined => /^#\/(?:join|reset)\/(lnk_[-\w]{43})$/.exec(hash)?.[1];

/** Browsers give passkeys to names, not to addresses in figures. */
export const canPasskey = (): boolean =>
  typeof PublicKeyCredential === "function" && !/^(?:\d+\.){3}\d+$|^\[/.test(location.hostname);
