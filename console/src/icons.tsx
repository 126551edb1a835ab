import type { ViewName } from "./list-types.ts";

/** Drawn for the console alone, in the manner of those of `ui`: the customer's page does not load them. */
const paths = {
  mine: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5c0-4 3.4-6 7.5-6s7.5 2 7.5 6",
  unassigned: "M4 13v6h16v-6M4 13l3-8h10l3 8M4 13h5l1.2 2.5h3.6L15 13h5",
  team: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.3c2.4.7 4 2.6 4 5.7",
  all: "M4 5h16v11H10l-5 4v-4H4z",
  mentions: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0m0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7.1",
  groups: "M3 5h12v8H8l-3 3v-3H3zM18 9h3v8h-2v3l-3-3h-5",
  direct: "M4 6h16v12H4zM4 7l8 6 8-6",
  closed: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M8 12.3l2.8 2.8L16 9.8",
  archived: "M3.5 5h17v4h-17zM5 9v10h14V9M10 13h4",
  bookmark: "M7 4h10v16l-5-4-5 4z",
  settings:
    "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M19 12l2-1.2-1.6-3.4-2.2.6-1.6-1.2L15.200 4.500h-3.800l-.8 2.300-1.700.9-2.100-.6L4.900 10.300 6.500 12l-1.600 1.700 1.900 3.200 2.100-.6 1.700.9.8 2.300h3.800l.4-2.300 1.600-1.200 2.200.6 1.600-3.400z",
  menu: "M4 7h16M4 12h16M4 17h16",
  panel: "M3.5 5h17v14h-17zM14.500 5v14",
  fold: "M3.5 5h17v14h-17zM9.500 5v14M7 10l-1.500 2L7 14",
  unfold: "M3.5 5h17v14h-17zM9.500 5v14M5.500 10L7 12l-1.500 2",
  split: "M3.5 5h17v14h-17zM12 5v14",
  keyboard: "M3 7h18v10H3zM7 10.500v.01M11 10.500v.01M15 10.500v.01M17.500 10.500v.01M8 13.700h8",
  bolt: "M13 3L5 13.500h6L11 21l8-10.500h-6z",
  sound: "M4 10v4h3l5 4V6l-5 4zM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11",
  phone:
    "M6 3.500h4l1.500 5-2.500 1.500a11 11 0 0 0 5 5l1.500-2.500 5 1.500v4a2 2 0 0 1-2 2C11.500 20 4 12.500 4 5.500a2 2 0 0 1 2-2z",
  place:
    "M12 21c4.500-5 7-8.500 7-11.500a7 7 0 1 0-14 0c0 3 2.500 6.500 7 11.500M12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  key: "M8 15.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8M11 9.500h9.500v4M16.500 9.500v3",
  merge: "M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  download: "M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 20h14",
  shield: "M12 3l7.500 3v5.500c0 4.500-3 8-7.500 9.500-4.500-1.500-7.500-5-7.500-9.500V6zM9 12l2.200 2.200L15.500 10",
  wrench:
    "M14.500 6.500a4.500 4.500 0 0 1 5.800-1.300l-3 3 .5 2 2 .5 2.500-2.500a4.500 4.500 0 0 1-6.300 4.800L8 20.500a2.100 2.100 0 0 1-3-3L12.500 10a4.500 4.500 0 0 1 2-3.500z",
  eye: "M2.5 12c1-2.500 4.500-6.500 9.500-6.500s8.500 4 9.500 6.500c-1 2.500-4.500 6.500-9.500 6.500s-8.500-4-9.500-6.500M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
  hidden:
    "M4 4l16 16M9.900 5.700A9.600 9.600 0 0 1 12 5.500c5 0 8.500 4 9.500 6.500a13 13 0 0 1-2.600 3.700M6.200 7.300A13 13 0 0 0 2.500 12c1 2.500 4.500 6.500 9.500 6.500 1.500 0 2.800-.3 4-.9",
  assign: "M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M3 20.500c0-4 3-6 7-6M16 18l2 2 4-4.500",
  reopen: "M4 12a8 8 0 1 0 2.500-5.800M4 3v5h5",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
  calendar: "M4 6h16v14H4zM4 10h16M8.500 3.500v4M15.500 3.500v4",
  pencil: "M4 20h4L19.500 8.500l-4-4L4 16z",
  muted: "M6 17V11a6 6 0 0 1 9.500-4.900M18 11v6l1.500 1H8M10 20.500h4M4 4l16 16",
} as const;

export type DeskIconName = keyof typeof paths;

export function DeskIcon(props: { name: DeskIconName | ViewName; size?: number }) {
  const size = props.size ?? 18;
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[props.name]} />
    </svg>
  );
}
