import { control, later, toast, useModal, useWords } from "@aftercare/ui";
import { useEffect } from "preact/hooks";
import { type Layer, useDesk } from "./desk.ts";
import css from "./layers.module.css";

const views = later(() => import("./layer-views.tsx").then((found) => found.LayerView));

/** Whether the tour, which nobody asks for, is on the page where it is due. */
export const hasLayers = (): boolean => views.now.value !== undefined;

/** Those that other parts of the desk draw. */
const elsewhere: readonly (Layer | undefined)[] = [undefined, "drawer", "details", "date"];

/** What floats above the desk: loaded after it, or when it is first wanted. */
export function Layers() {
  const desk = useDesk();
  const words = useWords();
  const View = views.now.value;
  const isWanted = !View && !elsewhere.includes(desk.layer.value);
  useEffect(() => {
    if (!isWanted) return;
    views.load().catch(() => {
      desk.layer.value = undefined;
      toast(desk.ui, words.common.notLoaded);
    });
  }, [isWanted]);
  if (View) return <View />;
  return isWanted ? <Loading /> : null;
}

/** A window already: what is typed while its inside is loading must not go to whom the text behind is for. */
function Loading() {
  const desk = useDesk();
  const words = useWords();
  const host = useModal();
  return (
    <dialog
      ref={host}
      class={css.loading}
      aria-label={words.common.loading}
      onCancel={(event) => {
        event.preventDefault();
        desk.layer.value = undefined;
      }}
    >
      <span class={control.spinner} role="status" aria-label={words.common.loading} />
    </dialog>
  );
}
