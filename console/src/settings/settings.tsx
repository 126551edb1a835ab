import { control, Empty, Icon, useWords } from "@aftercare/ui";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useDeskWords } from "../desk.ts";
import { DeskIcon } from "../icons.tsx";
import { phoneWidth, useMedia } from "../media.ts";
import { hrefWith } from "../route.ts";
import { type SettingsPage, settingsPages } from "./pages.ts";
import css from "./settings.module.css";

/** The settings: a menu of pages beside the open one; on phones one of them at a time. */
export function Settings(props: { name: string }) {
  const words = useDeskWords();
  const phone = useMedia(phoneWidth);
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
            <ul class={css.menu}>
              {settingsPages.map(({ name, icon, title }) => (
                <li key={name}>
                  <a
                    class={css.link}
                    href={`#/settings/${name}`}
                    aria-current={page?.name === name ? "page" : undefined}
                  >
                    <DeskIcon name={icon} />
                    {title(words)}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        </section>
      )}
      {page ? (
        <Body key={page.name} page={page} phone={phone} />
      ) : (
        !phone && <Empty icon="search" title={words.settings.notFound} />
      )}
      {phone && props.name !== "" && !page && <Empty icon="search" title={words.settings.notFound} />}
    </main>
  );
}

function Body(props: { page: SettingsPage; phone: boolean }) {
  const { page } = props;
  const words = useDeskWords();
  const plain = useWords();
  const [Page, setPage] = useState<{ view: ComponentType } | "failed">();
  useEffect(() => {
    let open = true;
    page.load().then(
      (view) => open && setPage({ view }),
      () => open && setPage("failed"),
    );
    return () => {
      open = false;
    };
  }, [page]);
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
        {Page === undefined && <span class={control.spinner} role="status" aria-label={plain.common.loading} />}
        {Page === "failed" && (
          <Empty icon="alert" title={words.settings.failed}>
            <button type="button" class={control.button} onClick={() => location.reload()}>
              {plain.common.reload}
            </button>
          </Empty>
        )}
        {typeof Page === "object" && <Page.view />}
      </div>
    </div>
  );
}
