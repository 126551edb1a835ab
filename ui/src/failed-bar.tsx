import type { StreamView } from "@aftercare/sdk";
import { useClient, useFormat, useWords } from "./context.tsx";
import control from "./control.module.css";
import css from "./delivery.module.css";
import { Icon } from "./icons.tsx";

/** Where several messages failed: all of them again, in their order. One alone has its own buttons. */
export function FailedBar(props: { view: StreamView }) {
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
