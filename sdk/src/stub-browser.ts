import type { Credential, Refusal } from "@aftercare/protocol";
import type { Client } from "./types.ts";

/** Placeholder for the faces of the two pages, replaced by the real one of the same name. */
export type BrowserClient = {
  client: Client;
  auth: {
    credential(): Promise<Credential | undefined>;
    signIn(login: string, password: string): Promise<{ credential: Credential } | { refusal: Refusal }>;
    signOut(): Promise<void>;
  };
};

export function createBrowserClient(_options: { base: string; kind: "customer" | "staff" }): BrowserClient {
  throw new Error("not here yet");
}
