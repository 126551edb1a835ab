import type { Connection } from "@aftercare/sdk";
import { useRef } from "preact/hooks";
import css from "./connection-bar.module.css";
import { type Ui, useFormat, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { Icon } from "./icons.tsx";
import { useObservable } from "./observable.ts";

/** Silent while all is well. A short break is not told: the bar waits a moment before it opens. */
export function ConnectionBar(props: { signIn?: () => void }) {
  const { client } = useUi();
  const words = useWords();
  const format = useFormat();
  const connection = useObservable(client.connection);
  const wasOnline = useRef(false);
  if (connection.state === "online") wasOnline.current = true;
  const text = textOf(connection, words, format, wasOnline.current);
  const shut = connection.state === "closed";
  return (
    <div
      class={css.bar}
      role="status"
      data-testid="connection"
      data-state={connection.state}
      data-open={text !== undefined}
    >
      <div class={css.clip}>
        {text !== undefined && (
          <div class={css.inside}>
            <Icon name={shut ? "alert" : "retry"} size={16} />
            <p>
              <b>{text}</b>
              {connection.state === "offline" && <span>{words.connection.nothingLost}</span>}
            </p>
            {shut && (
              <button
                type="button"
                class={`${control.button} ${control.small}`}
                onClick={props.signIn ?? (() => location.reload())}
              >
                {connection.reason === "unauthorised" && props.signIn ? words.signIn.submit : words.common.reload}
              </button>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

function textOf(
  connection: Connection,
  words: Ui["language"]["words"]["value"],
  format: Ui["language"]["format"]["value"],
  wasOnline: boolean,
): string | undefined {
  switch (connection.state) {
    case "idle":
    case "online":
      return undefined;
    case "connecting":
      return wasOnline || connection.attempt > 1
        ? words.connection.reconnecting(format.time(connection.since))
        : words.connection.connecting;
    case "offline":
      return words.connection.offline(format.time(connection.since));
    case "closed":
      return words.connection.closed(connection.reason);
    default:
      return connection satisfies never;
  }
}
