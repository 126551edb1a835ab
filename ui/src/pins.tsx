import { laterView } from "./later.tsx";
import type { PinBarProps } from "./pin-bar.tsx";

const Bar = laterView(() => import("./pin-bar.tsx").then((found) => found.PinBar));

/** Above the timeline, where something is pinned: most conversations never load it. */
export const PinBar = (props: PinBarProps) => (props.view.state?.meta.pins.length ? <Bar {...props} /> : null);

export const PinList = laterView(() => import("./pin-list.tsx").then((found) => found.PinList));
