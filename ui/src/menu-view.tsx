import { useLayoutEffect, useRef } from "preact/hooks";
import css from "./menu.module.css";
import type { MenuItem, OpenMenu } from "./menu.tsx";
import { AnyIcon } from "./more-icons.tsx";

type Ready = OpenMenu & { items: readonly MenuItem[] };

const enabled = (host: HTMLElement) => [...host.querySelectorAll<HTMLElement>("[role^=menuitem]")];

function onKey(event: KeyboardEvent, host: HTMLElement, close: () => void): void {
  const all = enabled(host);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const go = (index: number) => all[(index + all.length) % all.length]?.focus();
  if (event.key === "ArrowDown" || event.key === "ArrowRight") go(at + 1);
  else if (event.key === "ArrowUp" || event.key === "ArrowLeft") go(at - 1);
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(-1);
  else if (event.key === "Escape" || event.key === "Tab") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Arrows move, Enter chooses, Escape and Tab close and give the focus back. */
export function MenuView(props: { menu: Ready; close: () => void }) {
  const { menu, close } = props;
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = host.current;
    if (!box) return;
    place(box, menu);
    const chosen = box.querySelector<HTMLElement>("[role=menuitemradio][aria-checked=true]");
    // With a finger nothing looks chosen; the first arrow key goes to the first entry.
    const first = matchMedia("(hover: none)").matches ? box : enabled(box)[0];
    (chosen ?? first)?.focus({ preventScroll: true });
    // Taller or lower alone: a keyboard went away as the menu took the focus, or comes.
    const { innerWidth: width } = window;
    const onResize = () => (innerWidth === width ? place(box, menu) : close());
    addEventListener("resize", onResize);
    return () => removeEventListener("resize", onResize);
  }, [menu, close]);
  const choose = (run: () => void) => {
    close();
    run();
  };
  const emojis = menu.items.filter((item) => item.kind === "emoji");
  return (
    <section class={css.layer} aria-label={menu.label}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the menu closes it; Escape does the same */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div
        class={css.backdrop}
        onClick={close}
        onContextMenu={(event) => {
          event.preventDefault();
          close();
        }}
      />
      <div
        ref={host}
        class={css.menu}
        role="menu"
        tabIndex={-1}
        aria-label={menu.label}
        onKeyDown={(event) => onKey(event, event.currentTarget, close)}
      >
        {emojis.length > 0 && (
          <div class={css.emojis} role="none">
            {emojis.map((item) => (
              <MenuRow key={item.emoji} item={item} choose={choose} />
            ))}
          </div>
        )}
        {menu.items.map((item) => item.kind !== "emoji" && <MenuRow key={item.label} item={item} choose={choose} />)}
      </div>
    </section>
  );
}

function MenuRow(props: { item: MenuItem; choose: (run: () => void) => void }) {
  const { item, choose } = props;
  switch (item.kind) {
    case "heading":
      return (
        <div class={css.heading} role="none">
          {item.label}
        </div>
      );
    case "emoji":
      return (
        <button
          type="button"
          class={css.emoji}
          role="menuitemcheckbox"
          aria-checked={item.chosen}
          aria-label={item.label}
          title={item.label}
          tabIndex={-1}
          onClick={() => choose(item.run)}
        >
          {item.emoji}
        </button>
      );
    case "choice":
      return (
        <button
          type="button"
          class={css.item}
          role="menuitemradio"
          aria-checked={item.chosen}
          lang={item.lang}
          tabIndex={-1}
          onClick={() => choose(item.run)}
        >
          <span class={css.tick}>{item.chosen && <AnyIcon name="check" size={18} />}</span>
          {item.label}
        </button>
      );
    case "action":
      return (
        <button
          type="button"
          class={item.danger ? `${css.item} ${css.danger}` : css.item}
          role="menuitem"
          aria-description={item.detail}
          tabIndex={-1}
          onClick={() => choose(item.run)}
        >
          <span class={css.tick}>{item.icon && <AnyIcon name={item.icon} size={18} />}</span>
          {item.label}
          {item.detail && (
            <span class={css.detail} aria-hidden="true">
              {item.detail}
            </span>
          )}
        </button>
      );
    default:
      return item satisfies never;
  }
}

/** Below the anchor, or above it where there is no room; on phones it is a sheet, placed by the style alone. */
function place(box: HTMLElement, { anchor, point }: OpenMenu): void {
  if (matchMedia("(max-width: 480px)").matches) return;
  const from = anchor.getBoundingClientRect();
  const x = point ? point.x : from.left;
  const below = point ? point.y : from.bottom + 4;
  const above = point ? point.y : from.top - 4;
  const { offsetWidth: width, offsetHeight: height } = box;
  const fits = below + height + 8 <= innerHeight;
  box.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(8, fits ? below : above - height)}px`;
}
