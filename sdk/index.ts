// What views need of the laws: they import this room, not core.
export {
  type Actor,
  type ConversationState,
  can,
  deliveryMark,
  type MessageEvent,
  messageAt,
  outranks,
  parseRichText,
  plainText,
  type RichInline,
  type RichItem,
  type RichNode,
  richTextWords,
} from "@aftercare/core";
// And of the words of the wire: the pages import this room, not protocol.
export {
  type AccountId,
  type Credential,
  type HistoryMode,
  historyModes,
  type Invitation,
  limits,
  notesOf,
  type Refusal,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
export { type BrowserClient, createBrowserClient } from "./src/stub-browser.ts";
export type * from "./src/types.ts";
