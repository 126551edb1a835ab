import type { Locale } from "../words.ts";

/** The words of signing in and of one's own ways in, apart from the others: the customer's page does not load them. */
export type AccessWords = {
  locale: Locale;
  or: string;
  passkeyButton: string;
  ssoButton: string;
  forgot: string;
  backToSignIn: string;
  goOn: string;
  passkeyFailed: string;
  /** The password was right, and is not enough: their second factor is a passkey. */
  passkeyFirst: string;
  ssoFailed: string;
  failed: string;
  overdue: string;
  code: {
    title: string;
    lead: string;
    label: string;
    submit: string;
    wrong: string;
    useRecovery: string;
    useApp: string;
    recoveryLead: string;
    recoveryLabel: string;
  };
  enrol: {
    title: string;
    required: string;
    lead: string;
    qr: string;
    byHand: string;
    label: string;
    submit: string;
  };
  recovery: {
    title: string;
    lead: string;
    list: string;
    copy: string;
    copied: string;
    download: string;
    kept: string;
    file: string;
  };
  forgotten: { title: string; lead: string; email: string; submit: string; sentTitle: string; sent: string };
  link: {
    joinTitle: string;
    joinLead: (email: string) => string;
    ownerLead: string;
    resetTitle: string;
    resetLead: (login: string) => string;
    email: string;
    name: string;
    password: string;
    hint: (least: string) => string;
    join: string;
    reset: string;
    overTitle: string;
    over: string;
    taken: string;
  };
  weak: { short: (least: string) => string; common: string; personal: string };
  panel: {
    entry: string;
    title: string;
    loading: string;
    signedInAs: (login: string) => string;
    done: string;
    password: {
      title: string;
      none: string;
      text: string;
      change: string;
      set: string;
      current: string;
      next: string;
      wrong: string;
      saved: string;
      same: string;
    };
    passkeys: {
      title: string;
      text: string;
      none: string;
      add: string;
      name: string;
      defaultName: string;
      added: (date: string) => string;
      used: (date: string) => string;
      rename: string;
      remove: string;
      removeTitle: string;
      removeText: (name: string) => string;
      cannot: string;
      last: string;
      saved: string;
      removed: string;
    };
    factor: {
      title: string;
      on: string;
      off: string;
      required: string;
      left: (count: number) => string;
      turnOn: string;
      turnOff: string;
      turnOffTitle: string;
      turnOffText: string;
      turnedOn: string;
      turnedOff: string;
      newCodes: string;
      newCodesTitle: string;
      newCodesText: string;
    };
    devices: {
      title: string;
      text: string;
      current: string;
      unknown: string;
      signedIn: (date: string) => string;
      used: (date: string) => string;
      end: string;
      endNamed: (name: string) => string;
      endOthers: string;
      endOthersTitle: string;
      endOthersText: string;
      ended: string;
    };
    confirm: { title: string; text: string; password: string; submit: string; passkey: string };
  };
};

const files: Record<Locale, () => Promise<{ words: AccessWords }>> = {
  en: () => import("./en.ts"),
  "zh-Hant": () => import("./zh-Hant.ts"),
  "zh-Hans": () => import("./zh-Hans.ts"),
};

export const accessWords = {} as Record<Locale, AccessWords>;

export async function loadAccessWords(locale: Locale): Promise<void> {
  accessWords[locale] ??= (await files[locale]()).words;
}
