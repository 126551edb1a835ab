import type { StreamView } from "@aftercare/sdk";
import { laterView } from "./later.tsx";
import css from "./typing.module.css";

const Typists = laterView(() => import("./typists.tsx").then((found) => found.Typists));

/** Who is typing; its place is kept free, so that nothing jumps. */
export const Typing = (props: { view: StreamView }) => (
  <div class={css.typing} role="status" data-testid="typing">
    {props.view.typing.length > 0 && <Typists {...props} />}
  </div>
);
