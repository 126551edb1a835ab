import { expect, test } from "bun:test";
import { answersOf, isEmail, isPhone, problemsOf } from "./prechat-check.ts";

test("phones of Hong Kong, the Mainland and Taiwan as people write them; others with their code", () => {
  for (const one of ["2345 6789", "+852 9123-4567", "(852) 2345 6789", "９１２３４５６７"])
    expect([one, isPhone(one, ["HK"])]).toEqual([one, true]);
  for (const one of ["13812345678", "+86 138 1234 5678", "010-12345678"]) expect(isPhone(one, ["CN"])).toBe(true);
  for (const one of ["0912-345-678", "+886 912 345 678", "(02) 2345-6789"]) expect(isPhone(one, ["TW"])).toBe(true);
  expect(isPhone("+44 20 7946 0958", [])).toBe(true);
  for (const one of ["1234", "2345 678", "12345678", "abc", "+0", "23456789x", "5".repeat(40)])
    expect([one, isPhone(one, ["HK"])]).toEqual([one, false]);
  expect(isPhone("2345 6789", ["CN", "TW"])).toBe(false);
});

test("mail addresses", () => {
  for (const one of ["a@b.hk", "grace.chan+shop@mail.example.com", " a@b.hk "]) expect(isEmail(one)).toBe(true);
  for (const one of ["a@b", "a b@c.hk", "@c.hk", "a@b..hk", "a@b.hk, c@d.hk"]) expect(isEmail(one)).toBe(false);
  expect(isEmail(`${"a.".repeat(50_000)}@`)).toBe(false);
});

const form = {
  fields: [
    { name: "name" as const, required: true },
    { name: "phone" as const, required: false },
    { name: "question" as const, required: false },
  ],
  phoneRegions: ["HK" as const],
};

test("what is missing, wrong or too long is named; what may stay empty may", () => {
  expect(problemsOf(form, {})).toEqual({ name: "missing" });
  expect(problemsOf(form, { name: " ", phone: "12" })).toEqual({ name: "missing", phone: "phone" });
  expect(problemsOf(form, { name: "Grace" })).toEqual({});
  expect(problemsOf(form, { name: "x".repeat(121) })).toEqual({ name: "long" });
});

test("the answers are lines of plain words, whatever was typed", () => {
  const said = {
    fields: { name: "Name", phone: "Phone", email: "E-mail", order: "Order", question: "Product" },
    colon: ": ",
    consented: "Agreed",
  };
  const values = { name: " **Grace**\n`x`\u202e ", question: "AX-3000", phone: "" };
  expect(answersOf(form, values, said, "To\nbe called")).toEqual({
    title: "＊＊Grace＊＊ ｀x｀ · AX-3000",
    text: "Name: ＊＊Grace＊＊ ｀x｀\nProduct: AX-3000\nAgreed: To be called",
  });
  expect(answersOf(form, {}, said, undefined)).toEqual({ text: "" });
});
