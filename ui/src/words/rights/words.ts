import type { StaffRole } from "@aftercare/protocol";
import type { WorkspacePermission } from "@aftercare/sdk";
import type { Locale } from "../words.ts";
import { words as en } from "./en.ts";
import { words as hans } from "./zh-Hans.ts";
import { words as hant } from "./zh-Hant.ts";

/** The words of the matrix of roles and permissions, apart from the others: the customer's page does not load them. */
export type RightsWords = {
  locale: Locale;
  roles: Record<StaffRole, string>;
  permissions: Record<WorkspacePermission, string>;
  /** In place of a field that the reader may not see. */
  hidden: string;
};

export const rightsWords: Record<Locale, RightsWords> = { en, "zh-Hant": hant, "zh-Hans": hans };
