import type { Credential, Refusal } from "@aftercare/protocol";
import type { Auth, LinkEvents } from "../types.ts";

const REQUEST_TIMEOUT_MS = 10_000;

/** How a request ended, beside an answer. */
export class HttpError extends Error {
  readonly status: number;
  /** What the server said, where it said it in the words of the protocol. */
  readonly refusal: Refusal | undefined;

  constructor(status: number, refusal?: Refusal) {
    super(`HTTP ${status}`);
    this.status = status;
    this.refusal = refusal;
  }
}

export type HttpTransport = { base: string; auth: Auth };

/** A request with the bearer token; anything but a 2xx is thrown. */
export async function call(
  base: string,
  path: string,
  init: RequestInit,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const response = await fetch(`${base}${path}`, { ...init, signal, cache: "no-store", credentials: "omit" });
  if (!response.ok) {
    const said = (await response.json().catch(() => undefined)) as { refusal?: Refusal } | undefined;
    throw new HttpError(response.status, said?.refusal);
  }
  return response;
}

export const bearer = (credential: Credential): Record<string, string> => ({
  authorization: `Bearer ${credential.token}`,
});

/** What a failed request says about the link: an operating error, told as data. */
export function whyOf(error: unknown): Parameters<LinkEvents["closed"]>[0] {
  if (error instanceof HttpError && error.status === 401) return { unauthorised: true };
  return { failed: true };
}

const joined = (frames: readonly string[]): string => `[${frames.join(",")}]`;

/** Sends frames by POST, in order: one request at a time, those that come meanwhile in the next. */
export class FramePoster {
  readonly #post: (body: string) => Promise<unknown>;
  readonly #failed: (error: unknown) => void;
  readonly #most: number;
  #waiting: string[] = [];
  #busy = false;

  constructor(most: number, post: (body: string) => Promise<unknown>, failed: (error: unknown) => void) {
    this.#most = most;
    this.#post = post;
    this.#failed = failed;
  }

  send(text: string): void {
    this.#waiting.push(text);
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#waiting.length > 0) await this.#post(joined(this.#waiting.splice(0, this.#most)));
    } catch (error) {
      this.#waiting = [];
      this.#failed(error);
    }
    this.#busy = false;
  }
}
