import type { WidgetSettings } from "@aftercare/protocol";

/**
 * A shop's own: what it leaves out is the workspace's. An empty text or list is the shop's, too: there the workspace's says
 * nothing.
 */
export function mergeWidget(workspace: WidgetSettings, shop: WidgetSettings): WidgetSettings {
  const merged = Object.entries({ ...workspace, ...shop });
  return Object.fromEntries(merged.filter(([, value]) => Object.keys(value ?? {}).length > 0));
}
