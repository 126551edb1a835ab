import { createBrowserClient, decideMessage } from "@aftercare/sdk";

/** A page of the shop beside the chat: it identifies and signs out through the SDK, as the loader does. */
const made = createBrowserClient({ base: location.origin, kind: "customer", law: decideMessage });
(globalThis as { aftercareTest?: typeof made }).aftercareTest = made;
void made.client.start();
