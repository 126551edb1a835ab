import { drawn, Icon, type IconName } from "./icons.tsx";

/* Apart from those of the first screen, which has no room for them. */
const paths = {
  recall: "M4 10h10a5 5 0 0 1 0 10h-3M4 10l4-4M4 10l4 4",
  copy: "M9 9h10v11H9zM5 15V4h10",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  plus: "M12 5v14M5 12h14",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.3c2.4.7 4 2.6 4 5.7",
  megaphone: "M4 10v4h3l8 5V5l-8 5zM18.5 9a4.5 4.5 0 0 1 0 6",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  bell: "M12 4v1M6 17V11a6 6 0 0 1 12 0v6l1.5 1h-15zM10 20.5h4",
  out: "M14 4h5v16h-5M4 12h10M10 8l4 4-4 4",
} as const;

export type AnyIconName = IconName | keyof typeof paths;

const isOther = (name: AnyIconName): name is keyof typeof paths => Object.hasOwn(paths, name);

/** Every drawing by its name. */
export function AnyIcon(props: { name: AnyIconName; size?: number }) {
  const { name, size } = props;
  if (!isOther(name)) return <Icon name={name} size={size} />;
  return drawn(paths[name], size, false, name === "more" ? 3.2 : 2);
}
