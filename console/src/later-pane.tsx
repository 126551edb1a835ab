import { control, Empty, later, useWords } from "@aftercare/ui";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import css from "./later-pane.module.css";

/** A pane whose code is loaded when it is first shown, or before: it says that it is loading, and when it could not. */
export function laterPane<P extends object>(
  fetchIt: () => Promise<ComponentType<P>>,
): { View: ComponentType<P>; load: () => Promise<unknown> } {
  const view = later(fetchIt);
  const View = (props: P) => {
    const words = useWords();
    const [isFailed, setFailed] = useState(false);
    const Found = view.now.value;
    useEffect(() => {
      if (!Found) view.load().catch(() => setFailed(true));
    }, [Found]);
    if (Found) return <Found {...props} />;
    if (!isFailed)
      return (
        <div class={css.waiting}>
          <span class={control.spinner} role="status" aria-label={words.common.loading} />
        </div>
      );
    return (
      <Empty icon="alert" title={words.common.notLoaded}>
        <button type="button" class={control.button} onClick={() => location.reload()}>
          {words.common.reload}
        </button>
      </Empty>
    );
  };
  return { View, load: view.load };
}
