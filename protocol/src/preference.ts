import * as v from "./v.ts";

/** What one of the staff chose for themselves, kept for the account, by name. What they mean is the page's business. */
export const preferenceNames = ["prefs", "views", "snippets", "looks"] as const;
export type PreferenceName = (typeof preferenceNames)[number];

/** `first`: only where nothing is kept yet, as for what a device had before. */
export const preferenceChange = v.strictObject({ value: v.unknown(), first: v.optional(v.boolean()) });

/** `version` grows with each change. */
export type Preference = { value: unknown; version: number };
/** `snippets`: the version of the replies that all staff share, which have a call of their own. */
export type Preferences = { preferences: { [N in PreferenceName]?: Preference }; snippets: number };
