import type { TraceTransport } from "@aftercare/protocol";
import type { Locale } from "../words.ts";

/** The words of the delivery inspector, apart from the others: the customer's page does not load them. */
export type InspectorWords = {
  locale: Locale;
  title: string;
  /** What the reader sees first of a message's way. */
  stages: { accepted: string; stored: string; sent: string };
  /** "3 of 4 devices". */
  devices: (some: number, all: number) => string;
  noDevices: string;
  unknown: string;
  person: string;
  device: string;
  sent: string;
  delivered: string;
  read: string;
  /** Nobody of this person was connected. */
  noDevice: string;
  /** Known from the receipt, which has no time. */
  timeUnknown: string;
  former: string;
  since: (time: string) => string;
  transports: Record<TraceTransport, string>;
  after: (length: string) => string;
  before: (length: string) => string;
  ms: (n: string) => string;
  seconds: (n: string) => string;
  minutes: (n: string) => string;
  hours: (n: string) => string;
  days: (n: string) => string;
  expired: string;
  expiredHint: string;
  off: string;
  nothing: string;
  refused: string;
  failed: string;
  more: (n: number) => string;
  note: string;
  alarms: {
    title: (n: number) => string;
    line: (name: string, device: string) => string;
    events: (n: number) => string;
    since: (time: string) => string;
  };
};

/** There with the words of the desk (`loadDeskWords`). */
export const inspectorWords = {} as Record<Locale, InspectorWords>;
