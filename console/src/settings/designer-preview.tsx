import { frontWords, Icon, type Locale, useWords } from "@aftercare/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { isColour, textOn } from "./contrast.ts";
import css from "./designer.module.css";
import type { Draft } from "./designer.tsx";
import front from "./front.module.css";
import page from "./settings.module.css";

const ownColour = "#0a5bd3";

/** The real page in a frame: told the settings by messages, it speaks to no server and keeps nothing. */
export function Preview(props: { draft: Draft; locale: Locale }) {
  const { draft, locale } = props;
  const words = frontWords[useWords().locale].designer;
  const frame = useRef<HTMLIFrameElement>(null);
  const [screen, setScreen] = useState<"start" | "form">("start");
  const [theme, setTheme] = useState<"light" | "dark">("light");
  const { brandColour } = draft;
  const colour = brandColour !== undefined && isColour(brandColour) ? brandColour : ownColour;
  const told = useRef({});
  told.current = { aftercarePreview: { settings: draft, colour, text: textOn(colour), theme, screen } };
  const tell = () => frame.current?.contentWindow?.postMessage(told.current, location.origin);
  useEffect(tell, [draft, colour, theme, screen]);
  useEffect(() => {
    const heard = (event: MessageEvent) => {
      if (event.source === frame.current?.contentWindow && event.data === "aftercare:preview") tell();
    };
    addEventListener("message", heard);
    return () => removeEventListener("message", heard);
  }, []);
  const side = draft.widget.launcher?.position === "start" ? "start" : "end";
  return (
    <section class={css.preview} aria-label={words.preview}>
      <div class={css.previewHead}>
        <h3>{words.preview}</h3>
        <Segments name="screen" names={words.screens} value={screen} set={setScreen} />
        <Segments name="theme" names={words.themes} value={theme} set={setTheme} />
      </div>
      <div class={css.site} data-theme={theme} data-side={side}>
        <iframe
          key={locale}
          ref={frame}
          class={css.frame}
          title={words.preview}
          src={`/chat/?embed&preview&lang=${locale}`}
          data-testid="preview"
        />
        <span class={css.launcher} style={{ background: colour, color: textOn(colour) }} aria-hidden="true">
          <Icon name="chat" size={24} />
        </span>
      </div>
      <p class={page.hint}>{words.previewHint}</p>
    </section>
  );
}

function Segments<T extends string>(props: {
  name: string;
  names: Record<T, string>;
  value: T;
  set: (value: T) => void;
}) {
  return (
    <fieldset class={front.segments}>
      {(Object.keys(props.names) as T[]).map((one) => (
        <label key={one}>
          <input type="radio" name={props.name} checked={props.value === one} onChange={() => props.set(one)} />
          {props.names[one]}
        </label>
      ))}
    </fieldset>
  );
}
