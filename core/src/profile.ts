import { type CustomerField, customerFields } from "@aftercare/protocol";
import type { WorkspacePermission } from "./rights.ts";

/** The one place that says which field of a customer needs which permission. */
export const fieldPermissions: Record<CustomerField, WorkspacePermission> = {
  phone: "customer.see-phone",
  email: "customer.see-email",
  address: "customer.see-address",
  price: "customer.see-price",
  notes: "customer.see-notes",
};

/** What of a customer somebody with these permissions sees. Whatever else there is, is neither shown nor written. */
export const visibleFields = (may: readonly string[]): CustomerField[] =>
  customerFields.filter((field) => may.includes(fieldPermissions[field]));
