import { later, toast, useWords } from "@aftercare/ui";
import { useEffect } from "preact/hooks";
import { type Layer, useDesk } from "./desk.ts";

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
  return View ? <View /> : null;
}
