import type { BrowserClient } from "@aftercare/sdk";
import type { Language } from "@aftercare/ui";
export function offerPush(_browser: BrowserClient, _language: Language, _worker: ServiceWorkerRegistration): void {}
