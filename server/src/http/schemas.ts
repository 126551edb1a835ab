import { workspacePermissionNames } from "@aftercare/core";
import {
  auditActs,
  commandSchemas,
  customerFields,
  type GenericSchema,
  identityAlgorithms,
  identityReasons,
  locales,
  preferenceNames,
  refusal,
  roles,
  widgetSettings,
} from "@aftercare/protocol";
import { toJsonSchema } from "@valibot/to-json-schema";
import type { JsonSchema } from "./route.ts";

/** The named schemas of the published description. Commands come from the protocol; answers are described here. */

export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** An object with these properties, all required but those whose name ends in `?`. A newer server may add more. */
export function object(properties: Record<string, JsonSchema>): JsonSchema {
  const names = Object.keys(properties);
  const required = names.filter((name) => !name.endsWith("?"));
  const plain = Object.fromEntries(names.map((name) => [name.replace("?", ""), properties[name]]));
  return { type: "object", properties: plain, ...(required.length > 0 && { required }) };
}

const list = (items: JsonSchema): JsonSchema => ({ type: "array", items });
const byKey = (values: JsonSchema): JsonSchema => ({ type: "object", additionalProperties: values });

const text: JsonSchema = { type: "string" };
const maybe: JsonSchema = { type: ["string", "null"] };
const flag: JsonSchema = { type: "boolean" };
const count: JsonSchema = { type: "integer", minimum: 0 };
const instant: JsonSchema = { type: "integer", description: "Unix time in milliseconds" };
const tail = "[-0-9A-Z_a-z]{22}$";
/** An id that begins with the letter of its kind. */
export const idOf = (letter: string) => ({ type: "string", pattern: `^${letter}_${tail}` });
const account = idOf("a");
const stream: JsonSchema = { type: "string", pattern: `^[cnid]_${tail}` };
const kind: JsonSchema = { enum: ["staff", "customer"] };
const conversationKind: JsonSchema = { enum: ["support", "group", "direct"] };
const transport: JsonSchema = { enum: ["websocket", "sse", "poll", "http", "other"] };
const role: JsonSchema = { enum: [...roles] };

/** The JSON Schema of a protocol schema. What JSON Schema cannot say (clean text) is left to the server's refusal. */
export function schemaOf(schema: GenericSchema): JsonSchema {
  const { $schema: _, ...plain } = toJsonSchema(schema, { errorMode: "ignore", target: "draft-2020-12" });
  return plain;
}

const workspaceFields = {
  name: text,
  "brandColour?": { type: "string", pattern: "^#[0-9a-f]{6}$" },
  defaultLocale: { enum: [...locales] },
  widget: schemaOf(widgetSettings),
};
const staffFields = {
  account,
  name: text,
  role: text,
  "shop?": text,
  teams: list(text),
  disabled: flag,
  createdAt: instant,
};
const workspaceAnswers: Record<string, JsonSchema> = {
  Workspace: object({ id: text, ...workspaceFields }),
  PublicWidgetSettings: object({ ...workspaceFields, "shop?": object({ id: text, name: text, "desk?": text }) }),
  Preference: object({ value: {}, version: count }),
  Preferences: object({
    preferences: object(Object.fromEntries(preferenceNames.map((name) => [`${name}?`, ref("Preference")]))),
    snippets: count,
  }),
  SharedSnippet: object({
    id: text,
    name: text,
    text,
    texts: object(Object.fromEntries(locales.map((one) => [`${one}?`, text]))),
  }),
  SharedSnippets: object({ version: count, snippets: list(ref("SharedSnippet")) }),
  ShopWidget: object({ shop: text, widget: workspaceFields.widget }),
  StaffMember: object(staffFields),
  StaffPage: object({ staff: list(ref("StaffMember")), "next?": account }),
  Role: object({
    id: text,
    name: text,
    permissions: list({ enum: workspacePermissionNames }),
    builtIn: flag,
    staff: count,
  }),
  Shop: object({ id: text, name: text, desks: list(ref("Desk")), staff: count }),
  Desk: object({ id: text, title: text, staff: list(object({ account, name: text })) }),
  Team: object({ id: text, shop: text, name: text, members: list(account) }),
  AuditPage: object({
    lines: list(
      object({
        seq: count,
        at: instant,
        by: text,
        act: { enum: Object.keys(auditActs) },
        "subject?": text,
        detail: { type: "object" },
        hash: { type: "string", pattern: "^[0-9a-f]{64}$" },
      }),
    ),
    names: byKey(text),
    "next?": count,
  }),
  CustomerProfile: object({
    account,
    name: text,
    profile: object({ "phone?": maybe, "email?": maybe, "address?": maybe, "notes?": maybe }),
    hidden: list({ enum: [...customerFields] }),
    "updatedAt?": instant,
  }),
};

const at = { stream, epoch: count, seq: count };

const answers: Record<string, JsonSchema> = {
  Credential: object({ token: text, account, name: text, kind, expiresAt: instant, "formerly?": list(account) }),
  IdentityKey: object({
    kid: text,
    algorithm: { enum: [...identityAlgorithms] },
    name: text,
    createdAt: instant,
    "expiresAt?": instant,
    "revokedAt?": instant,
  }),
  NewIdentityKey: object({ key: ref("IdentityKey"), "secret?": text }),
  IdentityTest: object({
    good: flag,
    "header?": { type: "object" },
    "claims?": { type: "object" },
    problems: list(object({ reason: { enum: Object.keys(identityReasons) }, "path?": text, text })),
  }),
  CustomerMerge: object({
    id: text,
    survivor: account,
    merged: account,
    kind: { enum: ["claim", "staff"] },
    by: text,
    at: instant,
    conversations: count,
    "undoneBy?": text,
    "undoneAt?": instant,
  }),
  SignInStep: object({ next: { enum: ["code", "enrol"] }, attempt: text, expiresAt: instant }),
  SignedIn: { oneOf: [ref("Credential"), ref("SignInStep")] },
  SignInWays: object({ passkey: flag, sso: flag, mail: flag }),
  TotpOffer: object({ uri: text, recoveryCodes: list(text) }),
  PasskeyAsk: object({ attempt: text, options: { type: "object" } }),
  LinkAbout: object({
    kind: { enum: ["owner", "invitation", "reset"] },
    email: text,
    login: text,
    expiresAt: instant,
  }),
  StaffSecurity: object({
    name: text,
    login: text,
    "email?": text,
    hasPassword: flag,
    confirmed: flag,
    secondFactor: object({ on: flag, required: flag, recoveryCodesLeft: count }),
    passkeys: list(object({ id: text, name: text, createdAt: instant, "usedAt?": instant })),
    devices: list(
      object({ id: text, "agent?": text, "network?": text, createdAt: instant, usedAt: instant, current: flag }),
    ),
  }),
  StaffInvitations: object({
    invitations: list(
      object({
        id: text,
        email: text,
        role: text,
        createdAt: instant,
        expiresAt: instant,
        state: { enum: ["open", "expired"] },
      }),
    ),
  }),
  Ticket: object({ ticket: text, expiresAt: instant }),
  Me: object({ account, name: text, kind, may: list(text), "role?": text, "shop?": text }),
  SessionOpened: object({ session: text }),
  PollAnswer: object({
    frames: list({ type: "array", prefixItems: [{ type: "integer" }, { type: "object" }], minItems: 2, maxItems: 2 }),
  }),
  Ack: object({ id: { type: "string", format: "uuid" }, stream, seq: count, at: instant, "conversation?": stream }),
  Refused: object({ refusal: ref("Refusal") }),
  Refusal: schemaOf(refusal),
  Event: object({
    stream,
    seq: count,
    type: text,
    by: text,
    at: instant,
    "commandId?": { type: "string", format: "uuid" },
    body: { type: "object" },
    "fold?": { type: "object" },
  }),
  Member: object({ account, name: text, role, fromSeq: count, "mutedUntil?": instant, "formerly?": list(account) }),
  Receipt: object({ deliveredSeq: count, readSeq: count }),
  Meta: object({
    kind: conversationKind,
    "title?": text,
    history: { enum: ["all", "since-join"] },
    createdAt: instant,
    "desk?": stream,
    "shop?": text,
    "customer?": account,
    "announcement?": object({ text, by: account, at: instant }),
    "assignee?": account,
    "closed?": object({ by: text, at: instant }),
    pins: list(count),
  }),
  ConversationSnapshot: object({
    kind: { const: "conversation" },
    ...at,
    meta: ref("Meta"),
    members: list(ref("Member")),
    receipts: byKey(ref("Receipt")),
    items: list(ref("Event")),
    from: count,
    refs: list(ref("Event")),
  }),
  InboxSnapshot: object({
    kind: { const: "inbox" },
    ...at,
    entries: list(object({ stream, kind: conversationKind, role, settings: byKey(flag) })),
    drafts: byKey(object({ text, "replyTo?": count, at: instant })),
    invitations: list(
      object({ stream, kind: conversationKind, "title?": text, by: account, byName: text, at: instant }),
    ),
  }),
  DeskSnapshot: object({ kind: { const: "desk" }, ...at, title: text, members: list(object({ account, name: text })) }),
  Snapshot: { oneOf: [ref("ConversationSnapshot"), ref("InboxSnapshot"), ref("DeskSnapshot")] },
  HistoryPage: object({
    stream,
    epoch: count,
    items: list(ref("Event")),
    refs: list(ref("Event")),
    from: count,
    to: count,
    head: count,
    older: flag,
  }),
  Messages: object({ stream, epoch: count, messages: list(ref("Event")), head: count }),
  Trace: object({
    stream,
    seq: count,
    by: text,
    at: instant,
    "acceptedAt?": instant,
    "storedAt?": instant,
    times: { enum: ["kept", "expired", "off"] },
    people: list(
      object({
        account,
        name: text,
        "role?": role,
        delivered: flag,
        read: flag,
        devices: list(
          object({
            device: text,
            transport,
            "firstSeenAt?": instant,
            "sentAt?": instant,
            "deliveredAt?": instant,
            "readAt?": instant,
          }),
        ),
      }),
    ),
    more: count,
  }),
  Alarms: object({
    links: list(object({ account, name: text, device: text, transport, sinceAt: instant, events: count })),
  }),
  ...workspaceAnswers,
  Bounded: object({ count, more: flag }),
  ListLine: object({
    stream,
    kind: conversationKind,
    "title?": text,
    "desk?": stream,
    "shop?": text,
    "customer?": object({ account, name: text }),
    "other?": object({ account, name: text }),
    "assignee?": object({ account, name: text }),
    "last?": object({ seq: count, by: text, "name?": text, at: instant, text, "notice?": text, "recalled?": flag }),
    lastAt: instant,
    unread: ref("Bounded"),
    "waitingSince?": instant,
    "closed?": object({ by: text, at: instant }),
    settings: byKey(flag),
  }),
  ListPage: object({ lines: list(ref("ListLine")), "next?": text }),
  ListCounts: byKey(object({ count, more: flag, unread: ref("Bounded") })),
  MentionPage: object({
    mentions: list(object({ message: ref("Event"), "title?": text, kind: conversationKind })),
    "next?": text,
  }),
  People: object({ people: list(object({ account, name: text })) }),
};

export const commandSchemaName = (type: string): string => `command.${type}`;

function commands(): Record<string, JsonSchema> {
  const found: Record<string, JsonSchema> = {};
  const id = { type: "string", format: "uuid" };
  for (const [type, schema] of Object.entries(commandSchemas)) {
    const hasStream = "stream" in schema;
    found[commandSchemaName(type)] = {
      type: "object",
      properties: {
        id,
        type: { const: type },
        ...(hasStream && { stream: schemaOf(schema.stream as GenericSchema) }),
        body: schemaOf(schema.body as GenericSchema),
      },
      required: ["id", "type", ...(hasStream ? ["stream"] : []), "body"],
      additionalProperties: false,
    };
  }
  const types = Object.keys(commandSchemas);
  const mapping = Object.fromEntries(types.map((type) => [type, ref(commandSchemaName(type)).$ref]));
  found.Command = {
    oneOf: types.map((type) => ref(commandSchemaName(type))),
    discriminator: { propertyName: "type", mapping },
  };
  return found;
}

export const namedSchemas = (): Record<string, JsonSchema> => ({ ...commands(), ...answers });
