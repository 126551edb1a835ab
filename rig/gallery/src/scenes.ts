import type { Refusal } from "@aftercare/protocol";
import { notesOf } from "@aftercare/protocol";
import { type Connection, type Pending, rolePermissions, workspacePermissionNames } from "@aftercare/sdk";
import type { CustomerAppProps } from "@aftercare/widget";
import type { AccessScene } from "./access.ts";
import type { AdminScene } from "./admin.ts";
import { alarms, bareTrace, traceOf } from "./delivery.ts";
import type { FakeSetup, FakeStream } from "./fake-client.ts";
import type { FrontScene } from "./front.ts";
import type { Lines } from "./lines.ts";
import {
  actor,
  directTalk,
  groupTalk,
  ids,
  longItems,
  notesTalk,
  now,
  otherTalk,
  type Script,
  streams,
  supportTalk,
} from "./sample.ts";

type ShopSettings = CustomerAppProps["settings"];

export type Scene = {
  access?: AccessScene;
  /** What the settings of people and rights find. */
  admin?: AdminScene;
  /** Clicked in turn once the page stands. */
  click?: readonly string[];
  app: "customer" | "staff";
  hash?: string;
  signedOut?: boolean;
  setup: (lines: Lines) => FakeSetup;
  settings?: ShopSettings;
  /** A first message that was written and waits for the shop's questions. */
  asking?: (lines: Lines) => string;
  /** Opens the delivery details of the last message. */
  inspect?: boolean;
  /** Keys pressed once the page stands, as a person would. */
  keys?: readonly string[];
  /** What is typed into the composer after that. */
  text?: string;
  /** The first visit's tour is shown. */
  tour?: boolean;
  /** The real client, on a server in the page with very many messages. */
  deep?: boolean;
  /** What the server says of customers, keys and the shop, where it is not the usual. */
  front?: FrontScene;
  /** What is clicked once the page stands: selectors, each with `=>text` to write. */
  clicks?: readonly string[];
  /** The browser would ask about notifications. */
  ask?: boolean;
};

const fakeStream = (script: Script, more: Partial<FakeStream> = {}): FakeStream => {
  const { stream, meta } = script.state;
  return { entry: { stream, kind: meta.kind, role: "agent", settings: {} }, state: script.state, ...more };
};

const people = ({ agents }: Lines) => [
  { account: ids.alex, name: agents[0] },
  { account: ids.mei, name: agents[1] },
  { account: ids.tony, name: agents[2] },
];

const pending = (stream: string, id: string, text: string, status: Pending["status"]): Pending => ({
  id,
  type: "message.send",
  stream,
  body: { parts: [{ type: "text", text }] },
  at: now - 30_000,
  status,
});

const failure: Refusal = { code: "rate-limited", retryAfterMs: 40_000 };

function customer(lines: Lines, more: Partial<FakeSetup> = {}, talk: Partial<FakeStream> = {}): FakeSetup {
  const made = supportTalk(lines);
  made.read(ids.alex, made.state.seq, made.state.seq);
  made.read(ids.customer, made.state.seq);
  const me = actor(ids.customer, lines.customer, "customer");
  return { me, now, people: [], streams: [fakeStream(made, { present: [ids.alex, ids.mei], ...talk })], ...more };
}

function staff(lines: Lines, more: Partial<FakeSetup> = {}, talk: Partial<FakeStream> = {}): FakeSetup {
  const may = ["customer.see-phone", "customer.see-email", "conversation.assign", "group.create"];
  const me = { ...actor(ids.alex, lines.agents[0], "staff"), may };
  const support = supportTalk(lines);
  support.read(ids.alex, support.state.seq - 5);
  support.read(ids.customer, support.state.seq - 1);
  const group = groupTalk(lines);
  group.read(ids.alex, 2);
  return {
    me,
    now,
    people: people(lines),
    streams: [
      fakeStream(support, { present: [ids.customer], ...talk }),
      fakeStream(notesTalk(lines)),
      fakeStream(group, { present: [ids.mei] }),
      fakeStream(directTalk(lines), { present: [ids.mei], draft: { text: lines.talk.draft, at: now } }),
    ],
    ...more,
  };
}

const owner = (lines: Lines): FakeSetup => {
  const setup = staff(lines);
  return { ...setup, me: { ...setup.me, may: [...workspacePermissionNames] } };
};

const offline: Connection = { state: "offline", since: now - 4 * 60_000 };
const reconnecting: Connection = { state: "connecting", since: now - 60_000, attempt: 3 };

/** A supervisor's desk with the way of its last message. */
const inspected = (trace: (lines: Lines) => FakeSetup["trace"]): Scene => ({
  app: "staff",
  hash: `#/${streams.support}`,
  inspect: true,
  setup: (lines) => {
    const setup = staff(lines, { trace: trace(lines), alarms: alarms(lines) });
    return { ...setup, me: { ...setup.me, may: ["delivery.inspect"] } };
  },
});

const preChat: ShopSettings = {
  preChat: {
    fields: [
      { name: "name", required: true },
      { name: "phone", required: true },
      { name: "order", required: false },
    ],
    phoneRegions: ["HK"],
    consent: {
      en: "We use these details only to answer you, and delete them after 12 months.",
      "zh-Hant": "我們只會使用以上資料回覆你，並於 12 個月後刪除。",
      "zh-Hans": "我们只会使用以上信息回复您，并于 12 个月后删除。",
    },
  },
};

/** A customer with more than one conversation: one is waiting to be read, one is over. */
const returning = (lines: Lines): FakeSetup => {
  const setup = customer(lines);
  const waiting = otherTalk(lines, streams.support2, 1);
  const over = otherTalk(lines, streams.support3, 40);
  over.read(ids.customer, over.state.seq);
  over.state.meta.closed = { by: ids.alex, at: now - 40 * 86_400_000 };
  const closed = fakeStream(over);
  setup.streams.push(fakeStream(waiting, { draft: { text: lines.talk.draft, at: now } }), closed);
  return setup;
};

const unreadTalk = (lines: Lines): FakeSetup => {
  const made = supportTalk(lines);
  made.read(ids.customer, made.state.seq - 3);
  made.read(ids.alex, made.state.seq);
  const me = actor(ids.customer, lines.customer, "customer");
  return { me, now, people: [], streams: [fakeStream(made, { present: [ids.alex] })] };
};

const customerScenes: Record<string, Scene> = {
  conversations: { app: "customer", hash: "#/list", setup: returning },
  "chat-of-several": { app: "customer", hash: `#/${streams.support}`, setup: returning },
  another: { app: "customer", hash: "#/new", setup: returning },
  prechat: {
    app: "customer",
    settings: preChat,
    asking: ({ talk }) => talk.problem,
    setup: (lines) => customer(lines, { streams: [] }),
  },
  "chat-closed": {
    app: "customer",
    hash: `#/${streams.support3}`,
    setup: returning,
  },
  "chat-unread": { app: "customer", setup: unreadTalk },
  "chat-long": {
    app: "customer",
    setup: (lines) => {
      const made = supportTalk(lines);
      made.say(ids.alex, now - 60_000, lines.talk.numbers);
      made.say(ids.customer, now - 50_000, `${lines.talk.detail} ${lines.talk.ask}\n`.repeat(20));
      made.say(ids.alex, now - 40_000, `\`\`\`\n${"wan0: flags=8843 mtu 1500 ".repeat(6)}\n\`\`\``);
      made.say(ids.customer, now - 30_000, "🙏👍");
      return { ...customer(lines), streams: [fakeStream(made, { present: [ids.alex] })] };
    },
  },
};

export const scenes: Record<string, Scene> = {
  inspector: inspected(traceOf),
  "inspector-loading": inspected(() => "never"),
  "inspector-refused": inspected(() => ({ refusal: { code: "forbidden" } })),
  "inspector-expired": inspected((lines) => ({ ...bareTrace(lines), times: "expired" })),
  "inspector-new": inspected(bareTrace),
  alarms: { ...inspected(() => "never"), hash: "#/", inspect: false },
  ...customerScenes,
  start: { app: "customer", setup: (lines) => customer(lines, { streams: [] }) },
  "start-refused": {
    app: "customer",
    setup: (lines) => customer(lines, { streams: [], refuse: { code: "busy", retryAfterMs: 30_000 } }),
  },
  chat: { app: "customer", setup: (lines) => customer(lines, {}, { typing: [ids.alex] }) },
  "chat-offline": {
    app: "customer",
    setup: (lines) =>
      customer(
        lines,
        { connection: offline },
        {
          present: [],
          pending: [
            pending(streams.support, "p1", lines.talk.later, { state: "waiting" }),
            pending(streams.support, "p2", lines.talk.failed, { state: "failed", refusal: failure }),
          ],
        },
      ),
  },
  "chat-loading": {
    app: "customer",
    setup: (lines) => customer(lines, { connection: reconnecting }, { status: "loading" }),
  },
  "chat-gone": { app: "customer", setup: (lines) => customer(lines, {}, { status: "gone" }) },
  "sign-in": { app: "staff", signedOut: true, setup: (lines) => staff(lines) },
  "sign-in-code": { app: "staff", signedOut: true, access: "code", setup: (lines) => staff(lines) },
  "sign-in-enrol": { app: "staff", signedOut: true, access: "enrol", setup: (lines) => staff(lines) },
  "sign-in-forgotten": { app: "staff", signedOut: true, access: "forgotten", setup: (lines) => staff(lines) },
  "sign-in-join": { app: "staff", signedOut: true, access: "join", setup: (lines) => staff(lines) },
  "sign-in-reset": { app: "staff", signedOut: true, access: "reset", setup: (lines) => staff(lines) },
  "sign-in-over": { app: "staff", signedOut: true, access: "over", setup: (lines) => staff(lines) },
  security: { app: "staff", access: "security", hash: "#/", setup: (lines) => staff(lines) },
  "security-enrol": { app: "staff", access: "security-enrol", hash: "#/", setup: (lines) => staff(lines) },
  desk: { app: "staff", hash: `#/${streams.support}`, setup: (lines) => staff(lines, {}, { typing: [ids.customer] }) },
  "desk-list": {
    app: "staff",
    hash: "#/",
    setup: (lines) =>
      staff(
        lines,
        {
          invitations: [
            {
              stream: "c_invited000000000000000",
              kind: "group",
              title: lines.group,
              by: ids.mei,
              byName: lines.agents[1],
              at: now,
            },
          ],
        },
        { pending: [pending(streams.support, "p2", lines.talk.failed, { state: "failed", refusal: failure })] },
      ),
  },
  "desk-palette": { app: "staff", hash: `#/${streams.support}`, keys: ["Mod+k"], setup: (lines) => staff(lines) },
  "desk-assign": { app: "staff", hash: `#/${streams.support}`, keys: ["a"], setup: (lines) => staff(lines) },
  "desk-sheet": { app: "staff", hash: `#/${streams.support}`, keys: ["?"], setup: (lines) => staff(lines) },
  "desk-viewing": { app: "staff", hash: `#/${streams.support}`, setup: (lines) => viewed(lines, "chat") },
  "desk-viewing-notes": { app: "staff", hash: `#/${streams.support}/notes`, setup: (lines) => viewed(lines, "notes") },
  "desk-viewing-list": { app: "staff", hash: "#/all", setup: (lines) => viewed(lines, "chat") },
  "desk-reading": { app: "staff", hash: `#/all/${streams.support2}`, setup: (lines) => readingAlong(lines, true) },
  "desk-reading-notes": {
    app: "staff",
    hash: `#/all/${streams.support2}/notes`,
    setup: (lines) => readingAlong(lines, true),
  },
  "desk-reading-ask": { app: "staff", hash: `#/all/${streams.support2}`, setup: (lines) => readingAlong(lines, false) },
  "desk-split": {
    app: "staff",
    hash: `#/all/${streams.support}?with=${streams.group}`,
    setup: (lines) => staff(lines, {}, { typing: [ids.customer] }),
  },
  "desk-snippets": { app: "staff", hash: `#/${streams.support}`, text: "/", setup: (lines) => staff(lines) },
  "desk-tour": { app: "staff", hash: `#/${streams.support}`, tour: true, setup: (lines) => staff(lines) },
  "desk-ask": { app: "staff", hash: `#/${streams.support}`, ask: true, setup: (lines) => staff(lines) },
  ...Object.fromEntries(
    ["mine", "unassigned", "mentions", "closed", "archived"].map((view): [string, Scene] => [
      `desk-empty-${view}`,
      { app: "staff", hash: `#/${view}`, setup: (lines) => staff(lines, { streams: [] }) },
    ]),
  ),
  "settings-menu": { app: "staff", hash: "#/settings/", setup: owner },
  "desk-groups": { app: "staff", hash: "#/groups", setup: (lines) => staff(lines) },
  "desk-filtered": { app: "staff", hash: "#/all?unread=1&q=nobody", setup: (lines) => staff(lines) },
  "desk-many": { app: "staff", hash: "#/all", setup: (lines) => manySetup(lines, 20_000) },
  "desk-deep": { app: "staff", hash: "#/all", deep: true, setup: (lines) => staff(lines) },
  "settings-notifications": { app: "staff", hash: "#/settings/notifications", setup: (lines) => staff(lines) },
  "settings-snippets": { app: "staff", hash: "#/settings/snippets", setup: (lines) => staff(lines) },
  "settings-keyboard": { app: "staff", hash: "#/settings/keyboard", setup: (lines) => staff(lines) },
  "settings-looks": { app: "staff", hash: "#/settings/looks", setup: (lines) => staff(lines) },
  "settings-security": { app: "staff", hash: "#/settings/security", setup: (lines) => staff(lines) },
  "settings-designer": { app: "staff", hash: "#/settings/designer", setup: owner },
  "settings-designer-refused": { app: "staff", hash: "#/settings/designer", front: "refused", setup: owner },
  "settings-designer-colour": {
    app: "staff",
    hash: "#/settings/designer",
    clicks: ["input[name=colour]=>#ffe14d"],
    setup: owner,
  },
  "settings-keys": { app: "staff", hash: "#/settings/keys", setup: owner },
  "settings-keys-empty": { app: "staff", hash: "#/settings/keys", front: "empty", setup: owner },
  "settings-keys-refused": { app: "staff", hash: "#/settings/keys", front: "refused", setup: owner },
  "settings-keys-revoke": {
    app: "staff",
    hash: "#/settings/keys",
    clicks: ["[data-testid=keys] li:first-child button:nth-of-type(2)"],
    setup: owner,
  },
  "settings-keys-test": {
    app: "staff",
    hash: "#/settings/keys",
    clicks: ["textarea=>eyJhbGciOiJIUzI1NiJ9.e30.x", "section form button[type=submit]"],
    setup: owner,
  },
  "customer-known": { app: "staff", hash: `#/${streams.support}`, setup: owner },
  "customer-hidden": { app: "staff", hash: `#/${streams.support}`, front: "hidden", setup: (lines) => staff(lines) },
  ...Object.fromEntries(
    ["staff", "roles", "shops", "workspace", "audit"].flatMap((page): [string, Scene][] => {
      const hash = `#/settings/${page}`;
      const scene: Scene = { app: "staff", hash, setup: (lines) => staff(lines, { me: keeper(lines) }) };
      return [
        [`settings-${page}`, scene],
        [`settings-${page}-bare`, { ...scene, admin: "bare" }],
        [`settings-${page}-failing`, { ...scene, admin: "failing" }],
      ];
    }),
  ),
  "settings-role-form": {
    app: "staff",
    hash: "#/settings/roles",
    click: ["[data-testid=own-roles] > div > button"],
    setup: (lines) => staff(lines, { me: keeper(lines) }),
  },
  "settings-refused": {
    app: "staff",
    hash: "#/settings/staff",
    click: ["[data-testid=staff] li:nth-child(5) button.small, [data-testid=staff] li:nth-child(5) > button"],
    setup: (lines) => staff(lines, { me: keeper(lines) }),
  },
  "settings-not-allowed": { app: "staff", hash: "#/settings/audit", setup: (lines) => staff(lines) },
  "settings-missing": { app: "staff", hash: "#/settings/nowhere", setup: (lines) => staff(lines) },
  "desk-notes": { app: "staff", hash: `#/${streams.support}/notes`, setup: (lines) => staff(lines) },
  "desk-group": { app: "staff", hash: `#/${streams.group}`, setup: (lines) => staff(lines) },
  "desk-direct": {
    app: "staff",
    hash: `#/${streams.direct}`,
    setup: (lines) => staff(lines, { connection: reconnecting }),
  },
  "desk-empty": { app: "staff", hash: "#/", setup: (lines) => staff(lines, { streams: [] }) },
  "desk-long": { app: "staff", hash: `#/${streams.support}`, setup: longSetup },
  "desk-muted": {
    app: "staff",
    hash: `#/${streams.group}`,
    setup: (lines) => ({ ...staff(lines), me: actor(ids.tony, lines.agents[2], "staff") }),
  },
};

/** Three colleagues look at a conversation, and one of them writes there. */
function viewed(lines: Lines, where: "chat" | "notes"): FakeSetup {
  const writes = (side: typeof where) => ({ typing: side === where ? [ids.mei] : [] });
  const setup = staff(lines, {}, writes("chat"));
  const notes = setup.streams.find(({ entry }) => entry.stream === notesStream);
  if (notes) Object.assign(notes, { ...writes("notes"), present: [ids.mei, ids.tony, ids.yu] });
  setup.people.push({ account: ids.yu, name: lines.agents[3] });
  const other = otherTalk(lines, streams.support2, 1);
  setup.streams.push(fakeStream(other), fakeStream(notesTalk(lines, streams.support2), { present: [ids.tony] }));
  return setup;
}

/** Somebody who supervises, in a conversation that two colleagues have with a customer. */
function readingAlong(lines: Lines, mayJoin: boolean): FakeSetup {
  const setup = staff(lines);
  const { state } = notesTalk(lines, streams.support2);
  const { [ids.alex]: _own, ...members } = state.members;
  const notes = { state: { ...state, members } } as Script;
  setup.streams.push(fakeStream(otherTalk(lines, streams.support2, 1), { present: [ids.customer] }));
  setup.streams.push(fakeStream(notes, { present: [ids.mei] }));
  const may = [...(setup.me.may ?? []), ...(mayJoin ? (["conversation.join-any"] as const) : [])];
  return { ...setup, me: { ...setup.me, may } };
}

/** An admin: all rights but that of making owners. */
const keeper = (lines: Lines): FakeSetup["me"] => ({
  ...actor(ids.alex, lines.agents[0], "staff"),
  may: rolePermissions.admin,
  role: "admin",
});

function longSetup(lines: Lines): FakeSetup {
  const setup = staff(lines);
  const last = 400;
  const first = setup.streams[0];
  if (first) {
    const items = longItems(streams.support, 351, last);
    first.state = { ...first.state, items, from: 351, seq: last };
    first.older = "more";
  }
  const history = (before: number) =>
    longItems(streams.support, 1, last).filter(({ seq }) => seq < before && seq >= before - 50);
  return { ...setup, history };
}

/** Very many conversations: the first as ever, the others with one message each. */
function manySetup(lines: Lines, count: number): FakeSetup {
  const setup = staff(lines);
  const model = setup.streams[0];
  if (!model) return setup;
  const texts = Object.values(lines.talk);
  for (let n = 1; n < count; n++) {
    const stream = `c_${String(n).padStart(22, "0")}`;
    const name = `${lines.customer} ${n}`;
    const members = {
      ...model.state.members,
      [ids.customer]: { account: ids.customer, name, role: "customer" as const, fromSeq: 1 },
    };
    const text = texts[n % texts.length] ?? "";
    const body = { parts: [{ type: "text" as const, text }] };
    const at = now - n * 7 * 60_000;
    const item = { stream, seq: 1, type: "message.sent" as const, by: ids.customer, at, body };
    const readSeq = n % 9 === 0 ? 0 : 1;
    const receipts = { [ids.alex]: { readSeq, deliveredSeq: 1 } };
    const mine = n % 4 === 0 ? ids.alex : n % 4 === 1 ? ids.mei : undefined;
    const meta = { ...model.state.meta, assignee: mine, pins: [] };
    const state = { ...model.state, meta, stream, seq: 1, from: 1, items: [item], members, receipts, refs: {} };
    setup.streams.push({ entry: { stream, kind: "support", role: "agent", settings: {} }, state });
  }
  return setup;
}

export const notesStream = notesOf(streams.support);
