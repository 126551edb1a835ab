const paths = {
  send: "M3.4 20.4 21 12 3.4 3.6 3 10l11 2-11 2z",
  reply: "M10 9V5l-7 7 7 7v-4.1c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11",
  edit: "M4 20h4L19.5 8.5l-4-4L4 16zM13.5 6.5l4 4",
  recall: "M4 10h10a5 5 0 0 1 0 10h-3M4 10l4-4M4 10l4 4",
  forward: "M14 9V5l7 7-7 7v-4.1c-5 0-8.5 1.6-11 5.1 1-5 4-10 11-11",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  copy: "M9 9h10v11H9zM5 15V4h10",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01",
  down: "M6 9l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5l4.5 4.5L19 7",
  checks: "M2.5 12.5 7 17l9-10M11.5 16l1 1 9-10",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3.5 2",
  alert: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7.5V13M12 16.4v.01",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3",
  plus: "M12 5v14M5 12h14",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.3c2.4.7 4 2.6 4 5.7",
  megaphone: "M4 10v4h3l8 5V5l-8 5zM18.5 9a4.5 4.5 0 0 1 0 6",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  retry: "M20 12a8 8 0 1 1-2.5-5.8M20 3v5h-5",
  bell: "M12 4v1M6 17V11a6 6 0 0 1 12 0v6l1.5 1h-15zM10 20.5h4",
  out: "M14 4h5v16h-5M4 12h10M10 8l4 4-4 4",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4",
} as const;

export type IconName = keyof typeof paths;

/** A drawing beside words that say the same: hidden from screen readers. */
export function Icon(props: { name: IconName; size?: number }) {
  const size = props.size ?? 20;
  const solid = props.name === "send" || props.name === "reply" || props.name === "forward";
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={solid ? "currentColor" : "none"}
      stroke={solid ? "none" : "currentColor"}
      stroke-width={props.name === "more" ? 3.2 : 2}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[props.name]} />
    </svg>
  );
}
