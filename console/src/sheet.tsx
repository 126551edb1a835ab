import { Dialog } from "@aftercare/ui";
import { useDesk, useDeskWords } from "./desk.ts";
import { type KeyGroup, keyCaps, type Shortcut, shortcuts, viewShortcuts } from "./keys.ts";
import css from "./sheet.module.css";

const groups: readonly KeyGroup[] = ["go", "conversation", "write", "window"];

/** Every shortcut, from the table that the keys follow. */
export function Sheet(props: { close: () => void }) {
  const desk = useDesk();
  const words = useDeskWords();
  const all: readonly Shortcut[] = [...shortcuts, ...viewShortcuts(desk.source.views)];
  return (
    <Dialog wide title={words.keys.title} close={props.close}>
      {!desk.prefs.value.keys && <p>{words.keys.off}</p>}
      <div class={css.groups}>
        {groups.map((group) => (
          <section key={group}>
            <h3>{words.keys.groups[group]}</h3>
            <dl>
              {all
                .filter((one) => one.group === group)
                .map((one) => (
                  <div key={one.say(words)} class={css.line}>
                    <dt>{one.say(words)}</dt>
                    <dd>
                      {one.keys.map((key) => (
                        <span key={key}>
                          {keyCaps(key).map((cap) => (
                            <kbd key={cap}>{cap}</kbd>
                          ))}
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
