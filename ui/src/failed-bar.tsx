import type { StreamView } from "@aftercare/sdk";
import { laterView } from "./later.tsx";

export type FailedProps = {
  view: StreamView;
  /** What stands in no row of the timeline, in place of the messages that do; without a timeline, also what is on its way. */
  rowless?: boolean;
};

const List = laterView(() => import("./failed.tsx").then((found) => found.FailedList));

/** Why a message was not sent, and what can be done. */
export const Failure = laterView(() => import("./failed.tsx").then((found) => found.Failure));

/** What did not get out, where something did not. */
export const FailedBar = (props: FailedProps) =>
  props.view.pending.some(({ status }) => status.state === "failed" || (props.rowless && !props.view.state)) ? (
    <List {...props} />
  ) : null;
