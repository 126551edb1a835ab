import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

/** What comes to the page after its first screen, from parts that load later. */

/** Closes the frame that the page stands in; undefined on a page of its own. */
export const closeFrame = signal<(() => void) | undefined>(undefined);
/** Shown below the header's bar: one thing at a time that the customer may answer or leave. */
export const offer = signal<ComponentType | undefined>(undefined);
/** Asks the shop's page for a fresh token of the customer; undefined where no page is around this one. */
export const tokenNeeded = signal<(() => undefined) | undefined>(undefined);
/** Another number, another person: what a view keeps of the one before goes with the view. */
export const visitor = signal(0);
/** What a new conversation is about: the product and the order that the shop's page or link named. */
export const subject = signal<string | undefined>(undefined);
