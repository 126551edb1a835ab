import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

/** What comes to the page after its first screen, from parts that load later. */

/** Closes the frame that the page stands in; undefined on a page of its own. */
export const closeFrame = signal<(() => void) | undefined>(undefined);
/** Shown below the header's bar: one thing at a time that the customer may answer or leave. */
export const offer = signal<ComponentType | undefined>(undefined);
/** What a new conversation is about: the product and the order that the shop's page or link named. */
export const subject = signal<string | undefined>(undefined);
