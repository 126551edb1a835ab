import { control, Dialog, type Talk, toast, useUi, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk, useDeskWords } from "./desk.ts";

/** Asks for a day and brings its first message into view. */
export function JumpToDate(props: { talk: Talk }) {
  const { talk } = props;
  const desk = useDesk();
  const ui = useUi();
  const words = useDeskWords();
  const plain = useWords();
  const [day, setDay] = useState("");
  const [busy, setBusy] = useState(false);
  const close = () => {
    desk.layer.value = undefined;
  };
  const jump = async () => {
    const at = new Date(`${day}T00:00`).getTime();
    if (!Number.isFinite(at) || at < 0) return;
    setBusy(true);
    const seq = await talk.handle.revealAt(at);
    setBusy(false);
    close();
    if (seq === undefined) toast(ui, words.act.noDate);
    else talk.target.value = { seq };
  };
  return (
    <Dialog
      title={words.act.jumpDate}
      close={close}
      submit={() => void jump()}
      footer={
        <button type="submit" class={control.primary} disabled={day === ""} aria-busy={busy}>
          {words.act.jump}
        </button>
      }
    >
      <label class={control.field}>
        {words.act.date}
        <input
          class={control.input}
          type="date"
          lang={plain.intl}
          value={day}
          max={new Date(ui.client.serverNow()).toISOString().slice(0, 10)}
          onInput={(event) => setDay(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
