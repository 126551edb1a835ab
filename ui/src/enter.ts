/** A key of an input method, with which one picks a word; code 229 where the browser ends the composition before the key. */
export const composes = (event: { isComposing: boolean; keyCode: number }): boolean =>
  event.isComposing || event.keyCode === 229;

/** Enter in a field of its own; not the one that ends a composition. */
export const onEnter = (run: () => void) => (event: KeyboardEvent) => {
  if (event.key !== "Enter" || composes(event)) return;
  event.preventDefault();
  run();
};
