import { control, Dialog, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { Assign } from "./assign.tsx";
import { savedViews, useDesk, useDeskWords, viewNow } from "./desk.ts";
import { NewDirect, NewGroup } from "./new-talk.tsx";
import { Palette } from "./palette.tsx";
import { deskRoute, formatRoute } from "./route.ts";
import { SecurityWindow } from "./security/lazy-panel.tsx";
import { Sheet } from "./sheet.tsx";
import { Tour } from "./tour.tsx";
import { useNotices, useSweep } from "./use-notices.ts";

const nameChars = 40;

/** The window that is open above the desk, or the tour; and what calls somebody who looks elsewhere. */
export function LayerView() {
  const desk = useDesk();
  // Here, because nobody is called before the desk stands.
  useNotices(desk);
  useSweep(desk);
  const close = () => {
    desk.layer.value = undefined;
  };
  switch (desk.layer.value) {
    case "palette":
      return <Palette close={close} />;
    case "sheet":
      return <Sheet close={close} />;
    case "save-view":
      return <SaveView close={close} />;
    case "assign":
      return <Assign close={close} />;
    case "security":
      return <SecurityWindow access={desk.access} close={close} />;
    case "group":
      return <NewGroup close={close} />;
    case "direct":
      return <NewDirect close={close} />;
    default:
      return <Tour />;
  }
}

/** Gives the view and its filters a name, under which the address is kept. */
function SaveView(props: { close: () => void }) {
  const desk = useDesk();
  const words = useDeskWords();
  const plain = useWords();
  const { filters } = deskRoute();
  const [name, setName] = useState(
    [words.views[viewNow(desk)], filters.words, filters.unread && words.list.unreadOnly].filter(Boolean).join(" · "),
  );
  const save = () => {
    const href = formatRoute({
      ...deskRoute(),
      view: viewNow(desk),
      stream: undefined,
      side: "chat",
      beside: undefined,
    });
    const rest = desk.saved.value.filter((one) => one.name !== name.trim());
    desk.saved.value = [...rest, { name: name.trim(), href }].slice(-savedViews);
    props.close();
  };
  return (
    <Dialog
      title={words.views.save}
      close={props.close}
      submit={save}
      footer={
        <button type="submit" class={control.primary} disabled={name.trim() === ""}>
          {plain.common.save}
        </button>
      }
    >
      <p>{words.views.saveHint}</p>
      <label class={control.field}>
        {words.views.savedName}
        <input
          class={control.input}
          value={name}
          maxLength={nameChars}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
