import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * A window for as long as it is drawn. Open before the next key, which would go to what lies under it; closing gives the focus
 * back to where it was: while it is open nothing outside can have it.
 */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const host = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = host.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return host;
}
