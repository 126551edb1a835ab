import { control, Empty, Icon, loadAdminWords, loadWords, useMe, useUi, useWords } from "@aftercare/ui";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useDeskWords } from "../desk.ts";
import { DeskIcon } from "../icons.tsx";
import { phoneWidth, useMedia } from "../media.ts";
import { hrefWith } from "../route.ts";
import { mayOpen, type SettingsPage, settingsPages } from "./pages.ts";
import css from "./settings.module.css";
import { UndoBar } from "./undo.tsx";

/** The settings: a menu of pages beside the open one; on phones one of them at a time. */
export function Settings(props: { name: string }) {
  const words = useDeskWords();
  const phone = useMedia(phoneWidth);
  const me = useMe();
  const named = settingsPages.find(({ name }) => name === props.name);
  const page = named ?? (props.name === "" && !phone ? settingsPages[0] : undefined);
  const menu = !phone || props.name === "";
  return (
    <main class={css.settings}>
      {menu && (
        <section class={css.side} aria-label={words.settings.title}>
          <header class={css.head}>
            <a class={control.icon} href={hrefWith({})} aria-label={words.settings.back} title={words.settings.back}>
              <Icon name="back" />
            </a>
            <h1>{words.settings.title}</h1>
          </header>
          <nav aria-label={words.settings.pages}>
            <Menu
              title={words.settings.own}
              pages={settingsPages.filter(({ needs }) => needs === undefined)}
              open={page}
            />
            <Menu
              title={words.settings.shared}
              pages={settingsPages.filter((one) => one.needs !== undefined && mayOpen(one, me))}
              open={page}
            />
          </nav>
        </section>
      )}
      {page ? (
        <Body key={page.name} page={page} phone={phone} allowed={me && mayOpen(page, me)} />
      ) : (
        !phone && <Empty icon="search" title={words.settings.notFound} />
      )}
      {phone && props.name !== "" && !page && <Missing />}
    </main>
  );
}

/** On a phone the menu is not beside it: the way back is here. */
function Missing() {
  const words = useDeskWords();
  const plain = useWords();
  return (
    <section class={css.side} aria-label={words.settings.title}>
      <header class={css.head}>
        <a class={control.icon} href="#/settings/" aria-label={plain.common.back}>
          <Icon name="back" />
        </a>
        <h1>{words.settings.title}</h1>
      </header>
      <Empty icon="search" title={words.settings.notFound} />
    </section>
  );
}

function Menu(props: { title: string; pages: readonly SettingsPage[]; open: SettingsPage | undefined }) {
  const words = useDeskWords();
  if (props.pages.length === 0) return null;
  return (
    <>
      <p class={css.group}>{props.title}</p>
      <ul class={css.menu} aria-label={props.title}>
        {props.pages.map(({ name, icon, title }) => (
          <li key={name}>
            <a
              class={css.link}
              href={`#/settings/${name}`}
              aria-current={props.open?.name === name ? "page" : undefined}
            >
              <DeskIcon name={icon} />
              {title(words)}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

/** `allowed` is not known before the server has said who one is. */
function Body(props: { page: SettingsPage; phone: boolean; allowed: boolean | undefined }) {
  const { page, allowed } = props;
  const words = useDeskWords();
  const plain = useWords();
  const { client, language } = useUi();
  const [Page, setPage] = useState<{ view: ComponentType } | "failed">();
  const [retries, setRetries] = useState(0);
  const opens = allowed ?? page.needs === undefined;
  useEffect(() => {
    let open = true;
    if (!opens) return undefined;
    Promise.all([page.load(), loadWords(language, loadAdminWords)]).then(
      ([view]) => open && setPage({ view }),
      () => {
        if (!open) return;
        setPage("failed");
        // Browsers remember that a file could not be fetched, and an upgrade takes files away: a fresh page has it.
        if (retries > 0 && client.connection.value.state === "online") location.reload();
      },
    );
    return () => {
      open = false;
    };
  }, [page, opens, language, client, retries]);
  return (
    <div class={css.body}>
      <div class={css.inside} data-wide={page.wide}>
        <header class={css.pageHead}>
          {props.phone && (
            <a class={control.icon} href="#/settings/" aria-label={plain.common.back}>
              <Icon name="back" />
            </a>
          )}
          {props.phone && <h1 class={control.hidden}>{words.settings.title}</h1>}
          <h2 class={css.title}>{page.title(words)}</h2>
        </header>
        {allowed === false && <Empty icon="lock" title={words.settings.notAllowed} />}
        {Page === undefined && allowed !== false && (
          <span class={control.spinner} role="status" aria-label={plain.common.loading} />
        )}
        {Page === "failed" && (
          <Empty icon="alert" title={words.settings.failed}>
            <button type="button" class={control.button} onClick={() => setRetries(retries + 1)}>
              {plain.common.retry}
            </button>
          </Empty>
        )}
        {typeof Page === "object" && allowed !== false && <Page.view />}
      </div>
      {typeof Page === "object" && <UndoBar key={page.name} />}
    </div>
  );
}
