import type { Config } from "./config.ts";

/** Rules that need two values. */
export function problemsTogether(config: Config): string[] {
  const problems: string[] = [];
  if (config.dbConnections <= config.lanes) {
    problems.push(
      `AFTERCARE_DB_CONNECTIONS is ${config.dbConnections}, but must be more than AFTERCARE_LANES (${config.lanes}), or reads would wait for writes.`,
    );
  }
  if (config.dbAnswerTimeoutMs <= config.dbStatementTimeoutMs) {
    problems.push("AFTERCARE_DB_ANSWER_TIMEOUT_MS must be more than AFTERCARE_DB_STATEMENT_TIMEOUT_MS.");
  }
  if (config.dbStatementTimeoutMs <= config.dbLockTimeoutMs) {
    problems.push("AFTERCARE_DB_STATEMENT_TIMEOUT_MS must be more than AFTERCARE_DB_LOCK_TIMEOUT_MS.");
  }
  if (config.rateAccountBurst < config.rateAccountPerSecond) {
    problems.push("AFTERCARE_RATE_ACCOUNT_BURST must be at least AFTERCARE_RATE_ACCOUNT_PER_SECOND.");
  }
  if (config.rateAddressBurst < config.rateAddressPerSecond) {
    problems.push("AFTERCARE_RATE_ADDRESS_BURST must be at least AFTERCARE_RATE_ADDRESS_PER_SECOND.");
  }
  if (config.roles.length === 0) problems.push("AFTERCARE_ROLES is empty, but must name gateway, worker, or both.");
  if ((config.natsTlsCert === "") !== (config.natsTlsKey === ""))
    problems.push("AFTERCARE_NATS_TLS_CERT and AFTERCARE_NATS_TLS_KEY go together.");
  if ((config.smtpUrl === "") !== (config.mailFrom === ""))
    problems.push("AFTERCARE_SMTP_URL and AFTERCARE_MAIL_FROM go together.");
  if (new Set([config.oidcIssuer, config.oidcClientId, config.oidcClientSecret].map((one) => one === "")).size > 1)
    problems.push("AFTERCARE_OIDC_ISSUER, AFTERCARE_OIDC_CLIENT_ID and AFTERCARE_OIDC_CLIENT_SECRET go together.");
  return problems;
}
