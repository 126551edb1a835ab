import type { StreamView } from "@aftercare/sdk";
import { refusalText, useClient, useFormat, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import css from "./failed.module.css";
import { Icon } from "./icons.tsx";
import type { MessageRow } from "./rows.ts";

/** Where several messages failed: all of them again, in their order. One alone has its own buttons. */
export function FailedList(props: { view: StreamView }) {
  const client = useClient();
  const words = useWords();
  const format = useFormat();
  const failed = props.view.pending.filter(({ type, status }) => type === "message.send" && status.state === "failed");
  if (failed.length < 2) return null;
  const again = () => {
    for (const { id } of failed) client.retry(id);
  };
  return (
    <div class={css.bar} role="status" data-testid="failed">
      <Icon name="alert" size={18} />
      <span>{words.connection.failed(format.number(failed.length))}</span>
      <button type="button" class={`${control.button} ${control.small}`} onClick={again}>
        {words.connection.retryAll}
      </button>
    </div>
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
