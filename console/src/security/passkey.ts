import { startAuthentication, startRegistration } from "@simplewebauthn/browser";

type Options = Record<string, unknown>;

/** What the browser's passkeys say; undefined when the person closed the prompt or the browser refused. */
export async function askPasskey(options: Options): Promise<object | undefined> {
  type Asked = Parameters<typeof startAuthentication>[0]["optionsJSON"];
  return startAuthentication({ optionsJSON: options as unknown as Asked }).catch(() => undefined);
}

export async function makePasskey(options: Options): Promise<object | undefined> {
  type Asked = Parameters<typeof startRegistration>[0]["optionsJSON"];
  return startRegistration({ optionsJSON: options as unknown as Asked }).catch(() => undefined);
}
