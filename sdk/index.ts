// What views need of the laws: they import this room, not core.
export {
  type Actor,
  type ConversationState,
  can,
  decide,
  decideMessage,
  deliveryMark,
  isOwn,
  type MessageEvent,
  mayEverywhere,
  mayGive,
  mayInspect,
  mergeWidget,
  messageAt,
  noticeCode,
  outranks,
  parseRichText,
  plainText,
  type RichInline,
  type RichItem,
  type RichNode,
  readableOn,
  richTextWords,
  rolePermissions,
  visibleFields,
  type WorkspacePermission,
  workspacePermissionNames,
  writerOf,
} from "@aftercare/core";
// And of the words of the wire: the pages import this room, not protocol.
export {
  type AccountId,
  type AuditAct,
  type AuditLine,
  type AuditPage,
  auditActs,
  type CommandId,
  type Credential,
  type CustomerMerge,
  type CustomerProfile,
  conversationOfNotes,
  type DeskRow,
  type FactorReset,
  type HistoryMode,
  historyModes,
  type IdentityKey,
  type IdentityReason,
  type IdentityTest,
  type Invitation,
  identityReasons,
  isConversationId,
  isGuestName,
  type LinkAbout,
  type LinkAlarm,
  type ListCounts,
  type ListLine,
  type ListName,
  type ListPage,
  type ListQuery,
  type ListSort,
  limits,
  listSorts,
  listViews,
  type MailLocale,
  type Mention,
  type MentionPage,
  mailLocales,
  type NewIdentityKey,
  notesOf,
  type PasskeyAsk,
  type Preference,
  type Preferences,
  type ProfileField,
  type PublicWidgetSettings,
  passwordChars,
  preChatFields,
  preferenceNames,
  type Refusal,
  type RoleRow,
  type Seq,
  type SharedSnippet,
  type SharedSnippets,
  type ShopRow,
  type ShopWidget,
  type SignInStep,
  type SignInWays,
  type StaffDevice,
  type StaffInvitation,
  type StaffMember,
  type StaffPage,
  type StaffPasskey,
  type StaffSecurity,
  type StreamId,
  SYSTEM,
  type TeamRow,
  type TotpOffer,
  type Trace,
  type TraceDevice,
  type TracePerson,
  type WidgetSettings,
  type Workspace,
} from "@aftercare/protocol";
export { createClient } from "./src/client.ts";
export type { ListHandle, ListState } from "./src/list.ts";
export { Lists } from "./src/lists.ts";
export { isCredential, type Said, type StaffAccess, staffAccess } from "./src/platform/access.ts";
export {
  type CredentialBox,
  customerAuth,
  isUnexpired,
  localBox,
  roomOf,
  signOut,
  staffAuth,
} from "./src/platform/bearer-auth.ts";
export {
  type BrowserClient,
  type BrowserOptions,
  createBrowserClient,
  type TokenSource,
} from "./src/platform/browser.ts";
export { HttpError } from "./src/platform/http.ts";
export { IndexedDbStore } from "./src/platform/indexeddb.ts";
export { MemoryStore } from "./src/platform/memory-store.ts";
export { PollTransport } from "./src/platform/poll.ts";
export { signIn } from "./src/platform/sign-in.ts";
export { SseTransport } from "./src/platform/sse.ts";
export { systemClock, systemRandom } from "./src/platform/system-clock.ts";
export { loneTab, WebTabs } from "./src/platform/web-tabs.ts";
export { steadyWake, webWake } from "./src/platform/web-wake.ts";
export { WebSocketTransport } from "./src/platform/websocket.ts";
export { unreadOf } from "./src/slot.ts";
export type * from "./src/types.ts";
