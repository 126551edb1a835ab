import { control, useMe } from "@aftercare/ui";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDesk, useDeskWords } from "./desk.ts";
import { phoneWidth } from "./media.ts";
import { route } from "./route.ts";
import css from "./tour.module.css";

const steps = ["views", "list", "timeline", "notes", "palette"] as const;
type Step = (typeof steps)[number];

/** So much room between what is shown and the card beside it. */
const gapPx = 14;

/**
 * The first visit's tour: a card beside the part it speaks of, with a ring around that. It covers nothing and holds
 * nobody: the page works on under it, Escape ends it, and it does not come back.
 */
export function Tour() {
  const desk = useDesk();
  const me = useMe();
  const { toured } = desk.prefs.value;
  const [at, setAt] = useState(0);
  // Until it is known who came, it is not known whether they have seen it, here or on another device.
  if (!me || !desk.keep.known.value || toured || route.value.page === "settings") return null;
  const end = () => {
    setAt(0);
    desk.prefs.value = { ...desk.prefs.value, toured: true };
  };
  const step = steps[at];
  return step && <Card key={step} step={step} at={at} move={setAt} end={end} />;
}

function Card(props: { step: Step; at: number; move: (at: number) => void; end: () => void }) {
  const { step, at, move, end } = props;
  const words = useDeskWords().tour;
  const card = useRef<HTMLDivElement>(null);
  const ring = useRef<HTMLDivElement>(null);
  const title = useId();
  const [name, text] = words.steps[step];
  useLayoutEffect(() => {
    const place = () => card.current && ring.current && beside(step, card.current, ring.current);
    place();
    addEventListener("resize", place);
    return () => removeEventListener("resize", place);
  }, [step]);
  // The first step does not take the focus from who has begun to work; the others were asked for.
  useEffect(() => {
    if (at > 0) card.current?.querySelector<HTMLElement>("[data-next]")?.focus();
  }, [at]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], [role=menu]"))
        return;
      event.preventDefault();
      end();
    };
    addEventListener("keydown", onKey, true);
    return () => removeEventListener("keydown", onKey, true);
  }, [end]);
  const last = at === steps.length - 1;
  return (
    <>
      <div ref={ring} class={css.ring} aria-hidden="true" />
      <div ref={card} class={css.card} role="dialog" aria-labelledby={title} data-testid="tour">
        <p class={css.step}>{words.step(at + 1, steps.length)}</p>
        <h2 id={title}>{name}</h2>
        <p>{text}</p>
        <div class={css.buttons}>
          <button type="button" class={css.skip} data-testid="tour-skip" onClick={end}>
            {words.skip}
          </button>
          {at > 0 && (
            <button type="button" class={`${control.button} ${control.small}`} onClick={() => move(at - 1)}>
              {words.back}
            </button>
          )}
          <button
            type="button"
            class={`${control.primary} ${control.small}`}
            data-next
            onClick={() => (last ? end() : move(at + 1))}
          >
            {last ? words.done : words.next}
          </button>
        </div>
      </div>
    </>
  );
}

/** The card to the right of its part, else to the left, else at the bottom; in the corner when the part is not there. */
function beside(step: Step, card: HTMLElement, ring: HTMLElement): void {
  const part = document.querySelector<HTMLElement>(`[data-tour=${step}]`);
  const box = part?.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  ring.hidden = !box || box.width === 0;
  let left = innerWidth - width - gapPx;
  let top = innerHeight - height - gapPx;
  if (box && !ring.hidden) {
    Object.assign(ring.style, {
      left: `${box.left + 2}px`,
      top: `${box.top + 2}px`,
      width: `${box.width - 4}px`,
      height: `${box.height - 4}px`,
    });
    const right = box.right + gapPx + width <= innerWidth;
    const beforeIt = box.left - gapPx - width >= 0;
    if (right || beforeIt) {
      left = right ? box.right + gapPx : box.left - gapPx - width;
      top = Math.min(Math.max(gapPx, box.top + 60), innerHeight - height - gapPx);
    }
  }
  // On phones it must lie neither on the composer nor on the list.
  if (matchMedia(phoneWidth).matches && document.querySelector("[data-testid=composer]")) top = gapPx * 8;
  card.style.left = `${Math.max(gapPx, left)}px`;
  card.style.top = `${Math.max(gapPx, top)}px`;
}
