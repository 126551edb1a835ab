import type { Refusal, RefusalCode } from "@aftercare/protocol";

/** The status follows from the code alone: it must not tell more than the refusal does. */
const statusOf: Record<RefusalCode, number> = {
  invalid: 400,
  "unknown-command": 400,
  unauthorised: 401,
  forbidden: 403,
  "not-a-member": 403,
  "not-invited": 403,
  muted: 403,
  "not-found": 404,
  "id-reused": 409,
  "no-change": 409,
  "too-late": 409,
  "already-a-member": 409,
  "owner-must-hand-over": 409,
  full: 409,
  "in-use": 409,
  closed: 409,
  recalled: 410,
  "too-large": 413,
  "rate-limited": 429,
  busy: 503,
};
export const refusalStatuses = [...new Set(Object.values(statusOf))].sort();

export const busyRetryMs = 1_000;

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}

export function refuse(refusal: Refusal, status = statusOf[refusal.code]): Response {
  const headers: Record<string, string> = {};
  if (refusal.retryAfterMs !== undefined) headers["retry-after"] = String(Math.ceil(refusal.retryAfterMs / 1000));
  if (status === 401) headers["www-authenticate"] = "Bearer";
  return json({ refusal }, status, headers);
}

export const invalidAt = (path: string): Response => refuse({ code: "invalid", path });
export const busy = (): Response => refuse({ code: "busy", retryAfterMs: busyRetryMs });
