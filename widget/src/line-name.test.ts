import { expect, test } from "bun:test";
import type { Actor, InboxLine } from "@aftercare/sdk";
import { lineNames } from "./line-name.ts";

const me = { account: "a_eva", kind: "customer" } as Actor;
const message = (by: string, text: string, fold?: object) => ({ type: "message.sent", by, fold, body: { text } });

type Shape = { title?: string; items?: object[]; from?: number; assignee?: string };

const line = ({ title, items = [], from = 1, assignee }: Shape) =>
  ({
    title,
    lastAt: 5,
    state: {
      meta: { assignee },
      members: { a_eva: { account: "a_eva", fromSeq: 1 }, a_mei: { account: "a_mei", name: "Mei", fromSeq: 1 } },
      from,
      items,
    },
  }) as unknown as InboxLine;

const names = (...lines: InboxLine[]) =>
  lineNames(lines, me, {
    words: ({ body }) => (body as unknown as { text: string }).text,
    began: ({ lastAt }) => `From ${lastAt}`,
  });

test("a conversation is called by its title, the customer's first words, who answers, or when it began", () => {
  const asked = [message("a_mei", "Hello"), message("a_eva", "It is silent"), message("a_eva", "Still")];
  expect(names(line({ title: "Halo 2", items: asked }))).toEqual(["Halo 2"]);
  expect(names(line({ items: asked, assignee: "a_mei" }))).toEqual(["It is silent"]);
  const recalled = [message("a_eva", "Wrong", { recalled: { at: 1 } }), message("a_eva", "It is silent")];
  expect(names(line({ items: recalled }))).toEqual(["It is silent"]);
  // What was said later is not what it was about.
  expect(names(line({ items: asked, from: 40, assignee: "a_mei" }))).toEqual(["Mei"]);
  expect(names(line({ items: asked, from: 40 }))).toEqual(["From 5"]);
  expect(names({ ...line({}), state: undefined })).toEqual(["From 5"]);
});

test("what several would be called is not enough", () => {
  const silent = line({ title: "Halo 2", items: [message("a_eva", "It is silent")] });
  const loud = line({ title: "Halo 2", items: [message("a_eva", "It is loud")] });
  const other = line({ title: "Halo 3", items: [message("a_eva", "It is loud")] });
  expect(names(silent, loud, other)).toEqual(["It is silent · Halo 2", "It is loud · Halo 2", "Halo 3"]);
});
