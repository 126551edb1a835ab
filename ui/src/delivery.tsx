import { refusalText, useFormat, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import css from "./delivery.module.css";
import { Icon, type IconName } from "./icons.tsx";
import type { MessageRow, Status } from "./rows.ts";

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

/** Why it was not sent, and what can be done. */
export function Failure(props: { row: MessageRow }) {
  const { commandId } = props.row.message;
  const { client } = useUi();
  const words = useWords();
  const format = useFormat();
  if (commandId === undefined) return null;
  const why = props.row.refusal ? refusalText(props.row.refusal, words, format) : "";
  return (
    <div class={css.failure}>
      <p>
        <b>{words.status.failed}</b> {why}
      </p>
      <div class={css.buttons}>
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => client.retry(commandId)}>
          {words.common.retry}
        </button>
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => client.discard(commandId)}>
          {words.common.discard}
        </button>
      </div>
    </div>
  );
}
