// What views need of the laws: they import this room, not core.
export {
  type Actor,
  can,
  type ConversationState,
  deliveryMark,
  type MessageEvent,
  messageAt,
  outranks,
  parseRichText,
  plainText,
  type RichInline,
  type RichItem,
  type RichNode,
} from "@aftercare/core";
export type * from "./src/types.ts";
