import { useWords } from "./context.tsx";
import css from "./delivery.module.css";
import { Icon, type IconName } from "./icons.tsx";
import type { Status } from "./rows.ts";

const icons: Record<Status, IconName> = {
  waiting: "clock",
  sending: "clock",
  sent: "check",
  delivered: "checks",
  read: "checks",
  failed: "alert",
};

/** How far a message of one's own got. */
export function DeliveryMark(props: { status: Status }) {
  const { status } = props;
  const says = useWords().status[status];
  return (
    <span class={`${css.mark} ${css[status] ?? ""}`} role="img" aria-label={says} title={says}>
      <Icon name={icons[status]} size={15} />
    </span>
  );
}
