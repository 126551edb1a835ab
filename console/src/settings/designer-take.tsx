import type { ShopRow } from "@aftercare/sdk";
import { control, frontWords, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { DeskIcon } from "../icons.tsx";
import { Copied } from "./copied.tsx";
import css from "./designer.module.css";
import page from "./settings.module.css";

/** The server draws no code of longer words. */
const productChars = 60;

/** The line for the shop's site, and the link and code for a box. */
export function TakeAway(props: { shop: ShopRow | undefined }) {
  const words = frontWords[useWords().locale].designer;
  const [product, setProduct] = useState("");
  const chosen = props.shop;
  const query = new URLSearchParams();
  if (chosen) query.set("shop", chosen.id);
  const line = `<script async src="${location.origin}/loader.js${chosen ? `?shop=${chosen.id}` : ""}"></script>`;
  if (product.trim() !== "") query.set("product", product.trim());
  const tail = query.size > 0 ? `?${query}` : "";
  const link = `${location.origin}/chat/${tail}`;
  const code = `/v1/qr.svg${tail}`;
  const what = [chosen?.name ?? words.whole, product.trim()].filter(Boolean).join(", ");
  return (
    <>
      <section class={css.part} aria-label={words.embed}>
        <h3>{words.embed}</h3>
        <p class={page.lead}>{words.embedLead}</p>
        <Copied block text={line} label="HTML" />
      </section>
      <section class={css.part} aria-label={words.link}>
        <h3>{words.link}</h3>
        <p class={page.lead}>{words.linkLead}</p>
        <label class={control.field}>
          {words.product}
          <input
            class={control.input}
            value={product}
            maxLength={productChars}
            onInput={(event) => setProduct(event.currentTarget.value)}
          />
        </label>
        <Copied text={link} label={words.link} />
        <div class={css.sheet}>
          <b class={css.onlyPrint}>{words.scan}</b>
          <img class={css.qr} src={code} width={200} height={200} alt={words.qr(what)} data-testid="qr" />
          <b class={css.onlyPrint}>{what}</b>
        </div>
        <div class={page.inline}>
          <a class={`${control.button} ${css.plain}`} href={code} download="chat.svg">
            <DeskIcon name="download" /> {words.download}
          </a>
          <button type="button" class={control.button} onClick={() => print()}>
            <DeskIcon name="print" /> {words.print}
          </button>
        </div>
      </section>
    </>
  );
}
