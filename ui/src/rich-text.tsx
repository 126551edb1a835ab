import type { Part, TextPart } from "@aftercare/protocol";
import { parseRichText, type RichInline, type RichNode } from "@aftercare/sdk";
import { useMemo, useState } from "preact/hooks";
import { copyText } from "./clipboard.ts";
import { useUi, useWords } from "./context.tsx";
import control from "./control.module.css";
import { linkText } from "./link-text.ts";
import { foldedText, isBigEmoji } from "./long-text.ts";
import css from "./rich-text.module.css";
import { unfolded } from "./stick.ts";

/** The parts of a message. What this version does not know is shown by its fallback. */
export function Parts(props: { parts: readonly Part[]; me: string | undefined }) {
  return (
    <>
      {props.parts.map((part, index) => (
        <RichText key={index} part={part} me={props.me} />
      ))}
    </>
  );
}

function RichText(props: { part: Part; me: string | undefined }) {
  const { part } = props;
  const words = useWords();
  const [whole, setWhole] = useState(false);
  const own = part.type === "text" ? (part as TextPart) : undefined;
  const text = own?.text ?? ("fallback" in part ? String(part.fallback) : "");
  const folded = useMemo(() => foldedText(text), [text]);
  const shown = whole ? text : (folded ?? text);
  const nodes = useMemo(() => parseRichText(shown, own?.mentions), [shown, own]);
  return (
    <div class={isBigEmoji(text) ? `${css.text} ${css.big}` : css.text} dir="auto">
      {nodes.map((node, index) => (
        <Block key={index} node={node} me={props.me} />
      ))}
      {folded !== undefined && !whole && (
        <button
          type="button"
          class={css.more}
          onClick={(event) => {
            // The reader stays where the text begins, and the focus at the message when the button is gone.
            event.currentTarget.dispatchEvent(new CustomEvent(unfolded, { bubbles: true }));
            event.currentTarget.closest<HTMLElement>("[data-testid=message]")?.focus({ preventScroll: true });
            setWhole(true);
          }}
        >
          {words.timeline.showAll}
        </button>
      )}
    </div>
  );
}

function Block(props: { node: RichNode; me: string | undefined }) {
  const { node, me } = props;
  switch (node.type) {
    case "paragraph":
      return (
        <p class={css.paragraph}>
          <Line inlines={node.children} me={me} />
        </p>
      );
    case "pre":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: wide code is scrolled by keys
        <pre class={css.pre} tabIndex={0}>
          <code>{node.text}</code>
        </pre>
      );
    case "list": {
      const items = node.items.map((item, index) => (
        <li key={index} value={item.value}>
          <Line inlines={item.children} me={me} />
        </li>
      ));
      if (!node.ordered) return <ul class={css.list}>{items}</ul>;
      // Room for the widest number, so that none hangs out of the bubble.
      const digits = Math.max(...node.items.map((item) => String(item.value).length));
      return (
        <ol class={css.list} style={{ paddingInlineStart: `calc(${digits}ch + 0.9em)` }}>
          {items}
        </ol>
      );
    }
    default:
      return node satisfies never;
  }
}

function Line(props: { inlines: readonly RichInline[]; me: string | undefined }) {
  return (
    <>
      {props.inlines.map((child, index) => (
        <Inline key={index} child={child} me={props.me} />
      ))}
    </>
  );
}

function Inline(props: { child: RichInline; me: string | undefined }) {
  const { child, me } = props;
  switch (child.type) {
    case "text":
      return <>{child.text}</>;
    case "break":
      return <br />;
    case "bold":
      return (
        <strong>
          <Line inlines={child.children} me={me} />
        </strong>
      );
    case "code":
      return <code class={css.code}>{child.text}</code>;
    case "mention":
      return <span class={child.account === me ? `${css.mention} ${css.me}` : css.mention}>{child.text}</span>;
    case "link":
      return (
        <a href={child.href} target="_blank" rel="noopener noreferrer nofollow">
          {linkText(child.href, child.text)}
        </a>
      );
    case "copy":
      return <Copyable text={child.text} />;
    default:
      return child satisfies never;
  }
}

/** A number that people read out or type elsewhere: a tap copies it. */
function Copyable(props: { text: string }) {
  const ui = useUi();
  const words = useWords();
  return (
    <button
      type="button"
      class={css.copy}
      title={words.actions.copyNumber}
      onClick={() => void copyText(ui, props.text)}
    >
      {props.text}
      <span class={control.hidden}>{words.actions.copyNumber}</span>
    </button>
  );
}
