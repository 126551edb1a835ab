import { limits, mailLocales, type Workspace } from "@aftercare/sdk";
import { control, languageNames } from "@aftercare/ui";
import { useId } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import { InlineName, useAdminWords, useChange, useLoaded, Waiting } from "./admin.tsx";
import pages from "./settings.module.css";

type Wanted = Partial<Pick<Workspace, "name" | "defaultLocale">>;

/** What holds for all shops: the name, and the language for those of whom none is known. */
export function WorkspacePage() {
  const { access } = useDesk();
  const words = useAdminWords();
  const change = useChange();
  const language = useId();
  const { value, problem, reload, set } = useLoaded<Workspace>((ask) => ask("/v1/workspace"));
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  const { name, defaultLocale } = value;
  const patch = (body: Wanted) => () => access.own<Workspace>("/v1/workspace", body, "PATCH");
  const run = (to: Wanted, back: Wanted, done: string) => change(patch(to), { done, undo: patch(back), show: set });
  return (
    <>
      <p class={pages.lead}>{words.workspace.lead}</p>
      <div class={pages.card}>
        <div class={`${pages.row} ${css.setting}`}>
          <span class={pages.text}>
            <b>{words.workspace.name}</b>
            <span>{words.workspace.nameHint}</span>
          </span>
          <InlineName
            name={name}
            maxChars={limits.nameChars}
            save={(to) => void run({ name: to }, { name }, words.workspace.named(to))}
          />
        </div>
        <div class={`${pages.row} ${css.setting}`}>
          <label class={pages.text} for={language}>
            <b>{words.workspace.language}</b>
            <span>{words.workspace.languageHint}</span>
          </label>
          <select
            id={language}
            class={`${control.input} ${css.compact} ${css.adder}`}
            value={defaultLocale}
            onChange={(event) => {
              const field = event.currentTarget;
              const to = field.value as Workspace["defaultLocale"];
              const done = words.workspace.languageSet(languageNames[to]);
              void run({ defaultLocale: to }, { defaultLocale }, done).then((isSet) => {
                if (!isSet) field.value = defaultLocale;
              });
            }}
          >
            {mailLocales.map((one) => (
              <option key={one} value={one} lang={one}>
                {languageNames[one]}
              </option>
            ))}
          </select>
        </div>
      </div>
    </>
  );
}
