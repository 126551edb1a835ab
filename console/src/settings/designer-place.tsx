import { mergeWidget, type ShopRow, type ShopWidget, type WidgetSettings, type Workspace } from "@aftercare/sdk";
import { control, frontWords, useWords } from "@aftercare/ui";
import css from "./designer.module.css";
import type { Draft } from "./designer.tsx";
import page from "./settings.module.css";

/** Whose looks are designed: the workspace's, or one shop's on top of them. */
export type Place = {
  readonly path: string;
  readonly method: "PATCH" | "PUT";
  readonly before: Draft;
  /** What is sent of a draft. */
  bodyOf(draft: Draft): object;
  /** What the draft is once the server has taken it. */
  taken(answer: unknown): void;
  /** A shop's alone: which of the parts are its own, and the way back to the workspace's. */
  readonly shop?: { isOwn(part: Part, draft: Draft): boolean; reset(part: Part, draft: Draft): Draft };
};
export type Part = keyof WidgetSettings;

const draftOf = ({ id: _, ...rest }: Workspace): Draft => rest;

export function wholePlace(workspace: Workspace, put: (workspace: Workspace) => void): Place {
  return {
    path: "/v1/workspace",
    method: "PATCH",
    before: draftOf(workspace),
    bodyOf: (draft) => ({ ...draft, brandColour: draft.brandColour ?? null }),
    taken: (answer) => put(answer as Workspace),
  };
}

/** A part that is not the workspace's very own is the shop's; one that was emptied is the shop's, too. */
export function shopPlace(workspace: Workspace, shop: ShopRow, own: ShopWidget, put: (own: ShopWidget) => void): Place {
  const chain = draftOf(workspace);
  const base: WidgetSettings = { ...chain.widget, colour: chain.widget.colour ?? chain.brandColour };
  const shownOf = (draft: Draft, part: Part) => (part === "colour" ? draft.brandColour : draft.widget[part]);
  const isOwn = (part: Part, draft: Draft) => shownOf(draft, part) !== base[part];
  const bodyOf = (draft: Draft) =>
    Object.fromEntries(
      parts
        .filter((part) => isOwn(part, draft) && (part !== "colour" || draft.brandColour !== undefined))
        .map((part) => [part, shownOf(draft, part) ?? (part === "preChat" ? [] : {})]),
    );
  const dressed = (widget: WidgetSettings): Draft => ({
    ...chain,
    name: shop.name,
    brandColour: widget.colour ?? base.colour,
    widget: { ...mergeWidget(base, widget), colour: undefined },
  });
  return {
    path: `/v1/shops/${shop.id}/widget`,
    method: "PUT",
    before: dressed(own.widget),
    bodyOf,
    taken: (answer) => put(answer as ShopWidget),
    shop: {
      isOwn,
      reset: (part, draft) =>
        part === "colour"
          ? { ...draft, brandColour: base.colour }
          : { ...draft, widget: { ...draft.widget, [part]: base[part] } },
    },
  };
}

const parts: readonly Part[] = ["title", "greeting", "launcher", "colour", "preChat", "consent"];

/**
 * A draft as it is kept while one looks elsewhere: what was changed, and which parts were a shop's own then. All else is as it
 * is when one comes back, when it has been read anew.
 */
export type Kept = { readonly change: Partial<Draft>; readonly own: readonly Part[] };

export function keptOf(place: Place, before: Kept | undefined, more: Partial<Draft>): Kept {
  const draft = { ...draftWith(place, before), ...more };
  const keys = Object.keys({ ...before?.change, ...more }) as (keyof Draft)[];
  return {
    change: Object.fromEntries(keys.map((key) => [key, draft[key]])),
    own: parts.filter((part) => place.shop?.isOwn(part, draft)),
  };
}

export function draftWith({ before, shop }: Place, kept: Kept | undefined): Draft {
  if (!kept) return before;
  const draft = { ...before, ...kept.change };
  if (!shop) return draft;
  return parts.filter((part) => !kept.own.includes(part)).reduce((now, part) => shop.reset(part, now), draft);
}

export function PlacePicker(props: { shops: readonly ShopRow[]; shop: string; choose: (shop: string) => void }) {
  const words = frontWords[useWords().locale].designer;
  return (
    <label class={control.field}>
      {words.shop}
      <select
        class={control.input}
        value={props.shop}
        data-testid="designer-shop"
        onChange={(event) => props.choose(event.currentTarget.value)}
      >
        <option value="">{words.whole}</option>
        {props.shops.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <span class={page.hint}>{words.shopHint}</span>
    </label>
  );
}

/** Beside a part of a shop: whether it is the chain's, and the way back to that. */
export function Inherited(props: {
  place: Place;
  part: Part;
  name: string;
  draft: Draft;
  set: (change: Partial<Draft>) => void;
}) {
  const words = frontWords[useWords().locale].designer;
  const { place, part, draft } = props;
  if (!place.shop) return null;
  const own = place.shop.isOwn(part, draft);
  return (
    <div class={css.inherited} data-testid={`inherited-${part}`} data-own={own}>
      <span class={page.hint}>
        <span class={control.hidden}>{props.name}: </span>
        {own ? words.own : words.inherited}
      </span>
      {own && (
        <button
          type="button"
          class={`${control.button} ${control.small}`}
          aria-label={`${words.reset}: ${props.name}`}
          onClick={() => props.set(place.shop?.reset(part, draft) ?? {})}
        >
          {words.reset}
        </button>
      )}
    </div>
  );
}
