import type { CommandId, Refusal } from "@aftercare/protocol";
import { type MessageEvent, type Pending, plainText, type StreamView } from "@aftercare/sdk";
import { refusalText, useClient, useFormat, useMe, useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { DeliveryMark } from "./delivery.tsx";
import css from "./failed.module.css";
import type { FailedProps } from "./failed-bar.tsx";
import { Icon } from "./icons.tsx";
import messageCss from "./message.module.css";
import { showParts } from "./rich-text.tsx";
import type { MessageRow } from "./rows.ts";
import type { Words } from "./words/words.ts";

export function FailedList(props: FailedProps) {
  return props.rowless ? <Rowless {...props} /> : <Several {...props} />;
}

/** Where several messages failed: all of them again, in their order. One alone has its own buttons. */
function Several(props: { view: StreamView }) {
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

function Rowless({ view }: { view: StreamView }) {
  const said = view.pending.filter(({ type }) => type === "message.send");
  return (
    <>
      {!view.state && said.length > 0 && <Said all={said} />}
      <FailedActs view={view} />
    </>
  );
}

/** What was said where there is no timeline: before anything of the conversation has come, and after it is gone. */
function Said(props: { all: readonly Pending[] }) {
  const me = useMe()?.account;
  const whose = `${messageCss.message} ${messageCss.mine} ${messageCss.last}`;
  return (
    <div class={css.said}>
      {props.all.map(({ id, body, status }) => (
        <article key={id} class={whose} data-testid="message" data-status={status.state}>
          <div class={messageCss.column}>
            <div class={messageCss.bubble}>
              <div class={messageCss.content}>
                {showParts((body as MessageEvent["body"]).parts, me)}
                <span class={messageCss.meta}>
                  <DeliveryMark status={status.state} />
                </span>
              </div>
            </div>
            {status.state === "failed" && <Refused id={id} refusal={status.refusal} />}
          </div>
        </article>
      ))}
    </div>
  );
}

/** What failed and is no message of its own (an edit, a recall) or has no row: with its words, so that they can be saved. */
function FailedActs({ view }: { view: StreamView }) {
  const words = useWords();
  const rows = new Set(view.state?.items.map(({ commandId }) => commandId));
  const failed = view.pending.filter(
    ({ id, type, status }) => type !== "message.send" && status.state === "failed" && !rows.has(id),
  );
  if (failed.length === 0) return null;
  return (
    <div class={css.acts} role="status" data-testid="failed-acts">
      {failed.map(({ id, type, body, status }) => {
        const { parts = [] } = body as Partial<MessageEvent["body"]>;
        return (
          <div key={id} class={css.act}>
            <p class={css.what}>{nameOf(type, words)}</p>
            <p class={css.text}>{plainText(parts)}</p>
            {status.state === "failed" && <Refused id={id} refusal={status.refusal} />}
          </div>
        );
      })}
    </div>
  );
}

function nameOf(type: Pending["type"], words: Words): string | undefined {
  if (type === "message.edit") return words.composer.editing;
  if (type === "message.recall") return words.actions.recall;
  return type === "message.forward" ? words.actions.forward : undefined;
}

export function Failure({ row }: { row: MessageRow }) {
  const { commandId } = row.message;
  return commandId === undefined ? null : <Refused id={commandId} refusal={row.refusal} />;
}

/** Why it was not sent, and what can be done. */
function Refused(props: { id: CommandId; refusal: Refusal | undefined }) {
  const { id, refusal } = props;
  const { client } = useUi();
  const words = useWords();
  const format = useFormat();
  return (
    <div class={css.failure}>
      <p>
        <b>{words.status.failed}</b> {refusal ? refusalText(refusal, words, format) : ""}
      </p>
      <div class={css.buttons}>
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => client.retry(id)}>
          {words.common.retry}
        </button>
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => client.discard(id)}>
          {words.common.discard}
        </button>
      </div>
    </div>
  );
}
