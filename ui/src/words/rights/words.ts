import type { StaffRole } from "@aftercare/protocol";
import type { WorkspacePermission } from "@aftercare/sdk";
import type { Locale } from "../words.ts";

/** The words of the matrix of roles and permissions, apart from the others: the customer's page does not load them. */
export type RightsWords = {
  locale: Locale;
  roles: Record<StaffRole, string>;
  permissions: Record<WorkspacePermission, string>;
  /** In place of a field that the reader may not see. */
  hidden: string;
};

/** There with the words of the settings (`loadAdminWords`). */
export const rightsWords = {} as Record<Locale, RightsWords>;
