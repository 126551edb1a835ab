import type { Route } from "./route.ts";
import { accountRoutes } from "./routes-account.ts";
import { identityRoutes } from "./routes-identity.ts";
import { listRoutes } from "./routes-list.ts";
import { messageRoutes } from "./routes-message.ts";
import { probeRoutes } from "./routes-probe.ts";
import { pushRoutes } from "./routes-push.ts";
import { securityRoutes } from "./routes-security.ts";
import { signInRoutes } from "./routes-sign-in.ts";
import { snippetRoutes } from "./routes-snippets.ts";
import { peopleRoutes } from "./routes-staff.ts";
import { transportRoutes } from "./routes-transport.ts";
import { workspaceRoutes } from "./routes-workspace.ts";

/** The whole API. */
export const routes: readonly Route[] = [
  ...accountRoutes,
  ...identityRoutes,
  ...signInRoutes,
  ...securityRoutes,
  ...messageRoutes,
  ...workspaceRoutes,
  ...peopleRoutes,
  ...snippetRoutes,
  ...listRoutes,
  ...transportRoutes,
  ...pushRoutes,
  ...probeRoutes,
];
