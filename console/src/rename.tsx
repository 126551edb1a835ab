import { type ConversationState, limits } from "@aftercare/sdk";
import { control, Dialog, type Talk, useCommand, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";

export function Rename(props: { talk: Talk; state: ConversationState; close: () => void }) {
  const words = useWords();
  const run = useCommand();
  const [title, setTitle] = useState(props.state.meta.title ?? "");
  const save = async () => {
    if (await run("conversation.rename", props.talk.stream, { title: title.trim() })) props.close();
  };
  return (
    <Dialog
      title={words.console.rename}
      close={props.close}
      submit={() => void save()}
      footer={
        <button type="submit" class={control.primary} disabled={title.trim() === ""}>
          {words.common.save}
        </button>
      }
    >
      <label class={control.field}>
        {words.console.name}
        <input
          class={control.input}
          value={title}
          maxLength={limits.titleChars}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
