import { useRef } from "preact/hooks";
import css from "./resizer.module.css";

const stepPx = 16;

/** A border between two panes, moved by pointer or arrow keys; a double click or Enter puts it back. */
export function Resizer(props: {
  label: string;
  value: number;
  low: number;
  high: number;
  first: number;
  /** The pane stands after the border: pulling left makes it wider. */
  after?: boolean;
  /** What one pixel of the pointer is worth; 1 unless the value is a share. */
  perPx?: () => number;
  set: (value: number) => void;
}) {
  const { value, low, high, first } = props;
  const start = useRef<{ x: number; value: number }>(undefined);
  const sign = props.after ? -1 : 1;
  const perPx = () => props.perPx?.() ?? 1;
  const put = (next: number) => props.set(Math.min(high, Math.max(low, next)));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved; this is the window splitter of the ARIA practices
    <div
      class={css.resizer}
      data-after={props.after}
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={props.label}
      aria-valuemin={Math.round(low * 100) / 100}
      aria-valuemax={Math.round(high * 100) / 100}
      aria-valuenow={Math.round(value * 100) / 100}
      onDblClick={() => put(first)}
      onKeyDown={(event) => {
        const step = stepPx * perPx() * sign;
        if (event.key === "ArrowRight") put(value + step);
        else if (event.key === "ArrowLeft") put(value - step);
        else if (event.key === "Home") put(low);
        else if (event.key === "End") put(high);
        else if (event.key === "Enter") put(first);
        else return;
        event.preventDefault();
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, value };
      }}
      onPointerMove={(event) => {
        const from = start.current;
        if (from) put(from.value + (event.clientX - from.x) * perPx() * sign);
      }}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onPointerCancel={() => {
        start.current = undefined;
      }}
    />
  );
}
