import type { Part, TextPart } from "@aftercare/protocol";
import { parseRichText, type RichInline, type RichNode } from "@aftercare/sdk";
import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { copyText } from "./clipboard.ts";
import { useUi, useWords } from "./context.tsx";
import { linkText } from "./link-text.ts";
import { foldedText, isBigEmoji } from "./long-text.ts";
import css from "./rich-text.module.css";
import { unfolded } from "./stick.ts";

/**
 * The parts of a message. What this version does not know is shown by its fallback. Plain functions but for what has a
 * state: most messages are a line of text, and hundreds of them are drawn.
 */
export function showParts(parts: readonly Part[], me: string | undefined): ComponentChild {
  return parts.map((part, index) => {
    const text = part.type === "text" ? (part as TextPart).text : "fallback" in part ? String(part.fallback) : "";
    const folded = foldedText(text);
    return folded === undefined ? (
      <div key={index} class={isBigEmoji(text) ? `${css.text} ${css.big}` : css.text} dir="auto">
        {blocks(text, part, me)}
      </div>
    ) : (
      <Folded key={index} part={part} text={text} folded={folded} me={me} />
    );
  });
}

function Folded(props: { part: Part; text: string; folded: string; me: string | undefined }) {
  const words = useWords();
  const [whole, setWhole] = useState(false);
  return (
    <div class={css.text} dir="auto">
      {blocks(whole ? props.text : props.folded, props.part, props.me)}
      {!whole && (
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

const blocks = (text: string, part: Part, me: string | undefined) =>
  parseRichText(text, (part as Partial<TextPart>).mentions).map((node) => block(node, me));

function block(node: RichNode, me: string | undefined): ComponentChild {
  switch (node.type) {
    case "paragraph":
      return <p class={css.paragraph}>{line(node.children, me)}</p>;
    case "pre":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: wide code is scrolled by keys
        <pre class={css.pre} tabIndex={0}>
          <code>{node.text}</code>
        </pre>
      );
    case "list": {
      const items = node.items.map((item) => <li value={item.value}>{line(item.children, me)}</li>);
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

const line = (inlines: readonly RichInline[], me: string | undefined): ComponentChild =>
  inlines.map((child) => inline(child, me));

function inline(child: RichInline, me: string | undefined): ComponentChild {
  switch (child.type) {
    case "text":
      return child.text;
    case "break":
      return <br />;
    case "bold":
      return <strong>{line(child.children, me)}</strong>;
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

/** A number that people read out or type elsewhere: a tap copies it. No `button`: lines would begin with what follows it. */
function Copyable(props: { text: string }) {
  const ui = useUi();
  const words = useWords();
  const copy = () => void copyText(ui, props.text);
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    <span
      role="button"
      tabIndex={0}
      class={css.copy}
      title={words.actions.copyNumber}
      onClick={copy}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        copy();
      }}
    >
      {props.text}
    </span>
  );
}
