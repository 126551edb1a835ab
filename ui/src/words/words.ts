import type { CloseReason, ConversationKind, RefusalCode, Role } from "@aftercare/protocol";

export const locales = ["zh-Hant", "zh-Hans", "en"] as const;
export type Locale = (typeof locales)[number];

/** Every word a person reads. One table per language, written by hand; what varies is a function. */
export type Words = {
  locale: Locale;
  /** For dates, times and numbers. */
  intl: string;
  common: {
    close: string;
    cancel: string;
    save: string;
    back: string;
    retry: string;
    discard: string;
    loading: string;
    you: string;
    system: string;
    preferences: string;
    language: string;
    theme: string;
    themes: { auto: string; light: string; dark: string };
    signOut: string;
    unknownPerson: string;
    reload: string;
    details: string;
  };
  connection: {
    connecting: string;
    reconnecting: (since: string) => string;
    offline: (since: string) => string;
    nothingLost: string;
    closed: (reason: CloseReason) => string;
  };
  list: {
    label: string;
    filter: string;
    tabs: { all: string; support: string; team: string };
    empty: string;
    emptyHint: string;
    emptyTab: string;
    draft: string;
    failed: string;
    online: string;
    unread: (count: string) => string;
    said: (name: string, text: string) => string;
    recalled: string;
    noMessages: string;
    invitations: string;
    invitedBy: (name: string) => string;
    accept: string;
    decline: string;
  };
  kinds: Record<ConversationKind, string>;
  timeline: {
    label: string;
    filling: string;
    gone: string;
    goneHint: string;
    empty: string;
    emptyHint: string;
    unread: string;
    jump: string;
    jumpCount: (count: number) => string;
    today: string;
    yesterday: string;
    older: string;
    start: string;
    message: (name: string, time: string) => string;
    recalledBy: (name: string) => string;
    recalledByYou: string;
    edited: string;
    forwarded: (name: string) => string;
    quoteGone: string;
    quoteRecalled: string;
    showQuoted: (name: string) => string;
    pinned: string;
    cannotShow: string;
  };
  status: { waiting: string; sending: string; sent: string; delivered: string; read: string; failed: string };
  refusals: Record<RefusalCode, string>;
  refusalMore: { again: (wait: string) => string; limit: (value: string) => string };
  notices: {
    opened: (kind: ConversationKind) => string;
    renamed: (by: string, title: string) => string;
    announced: (by: string) => string;
    announcementEnded: (by: string) => string;
    invited: (by: string, name: string) => string;
    declined: (name: string) => string;
    joined: (name: string) => string;
    /** A visitor turned out to be a known customer, or has another name now. */
    became: (before: string, name: string) => string;
    added: (by: string, name: string) => string;
    left: (name: string) => string;
    removed: (by: string, name: string) => string;
    muted: (by: string, name: string, until: string) => string;
    unmuted: (by: string, name: string) => string;
    role: (by: string, name: string, role: Role) => string;
    handedOver: (from: string, to: string) => string;
    /** By the code of a notice part; others are shown by their fallback. */
    codes: Record<string, string>;
  };
  actions: {
    menu: string;
    reply: string;
    edit: string;
    recall: string;
    forward: string;
    pin: string;
    unpin: string;
    copy: string;
    copied: string;
  };
  reactions: {
    pick: string;
    of: (emoji: string, names: string) => string;
    names: Record<string, string>;
  };
  composer: {
    label: string;
    placeholder: string;
    notePlaceholder: string;
    noteLabel: string;
    send: string;
    saveNote: string;
    saveEdit: string;
    replyingTo: (name: string) => string;
    editing: string;
    stopReply: string;
    stopEdit: string;
    left: (count: string) => string;
    tooLong: (count: string) => string;
    muted: (until: string) => string;
    gone: string;
    hint: string;
  };
  typing: { one: (name: string) => string; two: (a: string, b: string) => string; many: (count: number) => string };
  presence: {
    online: string;
    offline: string;
    agents: (count: number) => string;
    away: string;
    members: (count: number) => string;
  };
  pins: { title: string; count: (count: number) => string; empty: string; show: string };
  members: {
    title: string;
    add: string;
    invite: string;
    remove: string;
    mute: string;
    muteHour: string;
    muteDay: string;
    muteWeek: string;
    unmute: string;
    makeAdmin: string;
    makeMember: string;
    handOver: string;
    leave: string;
    leaveSure: string;
    removeSure: (name: string) => string;
    handOverSure: (name: string) => string;
    mutedUntil: (until: string) => string;
    roles: Record<Role, string>;
    manage: (name: string) => string;
    nobody: string;
    search: string;
  };
  announcement: {
    title: string;
    edit: string;
    write: string;
    remove: string;
    by: (name: string, time: string) => string;
    text: string;
  };
  notes: { chat: string; notes: string; banner: string; empty: string; emptyHint: string };
  forward: { title: string; search: string; done: string; none: string };
  console: {
    title: string;
    choose: string;
    chooseHint: string;
    newTalk: string;
    newGroup: string;
    newDirect: string;
    groupTitle: string;
    groupMembers: string;
    create: string;
    history: string;
    historyAll: string;
    historySince: string;
    rename: string;
    name: string;
    info: string;
    noPeople: string;
  };
  signIn: {
    title: string;
    lead: string;
    login: string;
    password: string;
    submit: string;
    wrong: string;
    failed: string;
  };
  start: {
    shop: string;
    hello: string;
    lead: string;
    safe: string;
    placeholder: string;
    failed: string;
    topics: string[];
    topicsLabel: string;
  };
};
