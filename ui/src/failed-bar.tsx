import type { StreamView } from "@aftercare/sdk";
import { laterView } from "./later.tsx";

const List = laterView(() => import("./failed.tsx").then((found) => found.FailedList));

/** Why a message was not sent, and what can be done. */
export const Failure = laterView(() => import("./failed.tsx").then((found) => found.Failure));

/** What did not get out, where something did not. */
export const FailedBar = (props: { view: StreamView }) =>
  props.view.pending.some(({ status }) => status.state === "failed") ? <List {...props} /> : null;
