import { useWords } from "@aftercare/ui";
import css from "./blank.module.css";
import { Blank } from "./blank.tsx";
import { useDesk, useDeskWords } from "./desk.ts";
import { keyCaps, shortcuts } from "./keys.ts";

/** What helps most before there is a conversation in front of one. */
const first = ["next", "palette", "sheet"];

export function NothingOpen() {
  const words = useWords();
  const deskWords = useDeskWords();
  const single = useDesk().prefs.value.keys;
  const shown = shortcuts.filter(({ act, keys }) => first.includes(String(act)) && (single || keys[0] === "Mod+K"));
  return (
    <Blank icon="all" title={words.console.choose} hint={words.console.chooseHint}>
      <dl class={css.keys}>
        {shown.map((shortcut) => (
          <>
            <dt>
              {keyCaps(shortcut.keys[0] ?? "").map((cap) => (
                <kbd key={cap}>{cap}</kbd>
              ))}
            </dt>
            <dd>{shortcut.act === "sheet" ? deskWords.keys.title : shortcut.say(deskWords)}</dd>
          </>
        ))}
      </dl>
    </Blank>
  );
}
