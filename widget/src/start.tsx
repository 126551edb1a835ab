import { ComposerBox, control, DeliveryMark, Icon, laterView, remember, remembered, useWords } from "@aftercare/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import css from "./app.module.css";
import { type First, type FirstMessage, startKey } from "./first.ts";
import type { PreChat } from "./settings.ts";

const PreChatForm = laterView(() => import("./prechat.tsx").then((found) => found.PreChatForm));

const StartFailure = laterView(() => import("./start-failure.tsx").then((found) => found.StartFailure));

/** Before the first message: a greeting, and the place to write at once. */
export function Start(props: {
  first: FirstMessage;
  now: First | undefined;
  greeting: string | undefined;
  form: PreChat | undefined;
}) {
  const { first, now, form } = props;
  const words = useWords();
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => remembered(startKey) ?? "");
  const write = (value: string) => {
    setText(value);
    remember(startKey, value === "" ? null : value);
  };
  const send = () => {
    first.send(text, form !== undefined);
    write("");
  };
  useEffect(() => {
    // The shop asks nothing (any more): nothing waits for an answer that cannot be given.
    if (now?.state === "asking" && form === undefined) first.answer(undefined);
  }, [first, now, form]);
  return (
    <main class={css.chat}>
      <div class={css.start}>
        {now && now.state !== "sent" ? (
          <Waiting now={now} first={first} form={form} />
        ) : (
          <div class={css.hello}>
            <span class={css.wave} aria-hidden="true">
              👋
            </span>
            <h2>{words.start.hello}</h2>
            <p>{props.greeting ?? words.start.lead}</p>
            <Topics
              choose={(topic) => {
                write(topic);
                input.current?.focus();
              }}
            />
            <p class={css.safe}>
              <Icon name="lock" size={15} /> {words.start.safe}
            </p>
          </div>
        )}
      </div>
      {now?.state !== "asking" && now?.state !== "failed" && (
        <ComposerBox
          text={text}
          input={input}
          placeholder={words.start.placeholder}
          label={words.composer.label}
          sendLabel={words.composer.send}
          onText={write}
          onSend={send}
        />
      )}
    </main>
  );
}

function Topics(props: { choose: (topic: string) => void }) {
  const { start } = useWords();
  return (
    <ul class={css.topics} aria-label={start.topicsLabel}>
      {start.topics.map((topic) => (
        <li key={topic}>
          <button type="button" class={control.button} onClick={() => props.choose(topic)}>
            {topic}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What was written and has no conversation around it yet. */
export function Written(props: { all: readonly { text: string; status: "waiting" | "sending" | "failed" }[] }) {
  return props.all.map(({ text, status }, place) => (
    <article key={place} class={css.bubble} data-testid="message" data-status={status}>
      <p>{text}</p>
      <span class={css.mark}>
        <DeliveryMark status={status} />
      </span>
    </article>
  ));
}

/** Messages are shown as sending while their conversation is made. */
function Waiting(props: { now: Exclude<First, { state: "sent" }>; first: FirstMessage; form: PreChat | undefined }) {
  const { now, first, form } = props;
  return (
    <div class={css.waiting}>
      <Written all={now.texts.map((text) => ({ text, status: now.state === "asking" ? "waiting" : now.state }))} />
      {now.state === "asking" && form && <PreChatForm form={form} answer={first.answer} />}
      {now.state === "failed" && <StartFailure refusal={now.refusal} first={first} />}
    </div>
  );
}
