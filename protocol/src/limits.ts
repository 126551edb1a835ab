/** Every bound of the protocol, with its unit last. The server enforces them and tells them in `welcome` and with each refusal. */
export const limits = {
  /** One frame from a client, in UTF-8 bytes. Larger closes the session. */
  frameBytes: 65_536,
  /** JSON nesting of a frame from a client. Deeper closes the session. */
  frameDepth: 16,
  /** Frames in one POST of the SSE and long-polling transports. */
  framesPerPost: 64,
  /** One text part, in UTF-16 code units. */
  textChars: 8_000,
  partsPerMessage: 10,
  mentionsPerMessage: 50,
  /** Titles, names, announcements, in UTF-16 code units. */
  titleChars: 120,
  nameChars: 60,
  announcementChars: 2_000,
  emojiChars: 32,
  /** Combining marks in a row: enough for every living script, too few to paint over the neighbours. */
  combiningMarks: 12,
  membersPerConversation: 2_000,
  membersPerCommand: 100,
  pinsPerConversation: 50,
  reactionsPerMessage: 20,
  editsPerMessage: 20,
  draftChars: 8_000,
  streamsPerSession: 2_000,
  cursorsPerFrame: 500,
  /** A history page, in timeline items. */
  pageItems: 100,
  /** Items of a snapshot's last page. */
  snapshotItems: 50,
  /** A resume reads at most this many events; a longer gap is answered with `reset`. */
  gapEvents: 1_000,
  /** Conversations in an inbox snapshot, newest first. */
  inboxEntries: 1_000,
  seqsPerRead: 50,
  /** People of a delivery trace, and devices of each. */
  tracePeople: 200,
  traceDevices: 20,
  alarmLinks: 100,
  rolesPerWorkspace: 100,
  shopsPerWorkspace: 1_000,
  teamsPerWorkspace: 1_000,
  membersPerTeam: 500,
  /** Words of a list's query, in UTF-16 code units. */
  listQueryChars: 60,
  desksPerList: 50,
  /** Conversations that one page of a filtered list looks at. */
  listScan: 2_000,
  /** Text of a line's newest message, in UTF-16 code units. */
  previewChars: 200,
  /** Conversations of a view, and unread messages of a line, that are counted. */
  countedLines: 999,
  preferenceBytes: 60_000,
  snippetNameChars: 32,
  snippetChars: 4_000,
  snippetsPerWorkspace: 500,
  /** All shared replies, as JSON in UTF-8. */
  snippetsBytes: 300_000,
  countedUnread: 99,
  /** The first frame must arrive within. */
  helloTimeoutMs: 10_000,
  /** A side that hears nothing for this long takes the link for dead. */
  silenceTimeoutMs: 40_000,
  pollWaitMs: 20_000,
  ticketTtlMs: 30_000,
  typingTtlMs: 6_000,
  viewingTtlMs: 15_000,
  recallWindowMs: 120_000,
} as const;

export type Limits = typeof limits;
