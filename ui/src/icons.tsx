/* What the first screen of a customer shows; the others are in `more-icons.tsx`. */
const paths = {
  send: "M3.4 20.4 21 12 3.4 3.6 3 10l11 2-11 2z",
  reply: "M10 9V5l-7 7 7 7v-4.1c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11",
  edit: "M4 20h4L19.5 8.5l-4-4L4 16zM13.5 6.5l4 4",
  forward: "M14 9V5l7 7-7 7v-4.1c-5 0-8.5 1.6-11 5.1 1-5 4-10 11-11",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  down: "M6 9l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5l4.5 4.5L19 7",
  checks: "M2.5 12.5 7 17l9-10M11.5 16l1 1 9-10",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3.5 2",
  alert: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7.5V13M12 16.4v.01",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  retry: "M20 12a8 8 0 1 1-2.5-5.8M20 3v5h-5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3",
} as const;

export type IconName = keyof typeof paths;

/** A drawing beside words that say the same: hidden from screen readers. */
export function Icon(props: { name: IconName; size?: number | undefined }) {
  const { name, size } = props;
  return drawn(paths[name], size, name === "send" || name === "reply" || name === "forward");
}

export const drawn = (path: string, size = 20, solid = false, width = 2) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill={solid ? "currentColor" : "none"}
    stroke={solid ? "none" : "currentColor"}
    stroke-width={width}
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={path} />
  </svg>
);
