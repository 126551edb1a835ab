import { expect, test } from "bun:test";
import { makeCommandId } from "@aftercare/protocol";
import { smallShop } from "./kills.ts";
import { open, settle } from "./run.ts";
import { inOwnTurn } from "./scheduler.ts";
import { Tries } from "./tries.ts";
import type { Violation } from "./violation.ts";
import { World } from "./world.ts";

const refused = { refusal: { code: "too-late" } } as const;
const busy = { refusal: { code: "busy", retryAfterMs: 1_000 } } as const;
const acked = { ack: { id: "1", stream: "c_1", seq: 4, at: 0 } };
const effect = [{ by: "a_1", commandId: "1" }];
const [here, there] = [{}, {}];

function lawOf(run: (tries: Tries) => void): string | undefined {
  try {
    run(new Tries());
    return undefined;
  } catch (error) {
    return (error as Violation).law;
  }
}

test("a refused try has no effect; another try of the same command may have one, and be answered to nobody", () => {
  const refusedHere = (tries: Tries): void => {
    tries.begin("a_1", { id: "1" }, here);
    tries.answered("a_1", "1", here, refused);
  };
  expect(
    lawOf((tries) => {
      refusedHere(tries);
      tries.begin("a_1", { id: "1" }, there);
      tries.committed(effect);
    }),
  ).toBeUndefined();
  // The only try there was.
  expect(
    lawOf((tries) => {
      tries.begin("a_1", { id: "1" }, here);
      tries.committed(effect);
      tries.answered("a_1", "1", here, refused);
    }),
  ).toBe("refused");
  // Done when it had been refused already.
  expect(
    lawOf((tries) => {
      refusedHere(tries);
      tries.committed(effect);
    }),
  ).toBe("refused");
});

test("what is in the log is not refused when it comes again, but where another log has come meanwhile", () => {
  const doneBefore = (tries: Tries): void => {
    tries.begin("a_1", { id: "1" }, here);
    tries.committed(effect);
    tries.answered("a_1", "1", here, busy);
  };
  expect(
    lawOf((tries) => {
      doneBefore(tries);
      tries.begin("a_1", { id: "1" }, there);
      tries.answered("a_1", "1", there, refused);
    }),
  ).toBe("once");
  expect(
    lawOf((tries) => {
      doneBefore(tries);
      tries.begin("a_1", { id: "1" }, there);
      tries.answered("a_1", "1", there, acked);
    }),
  ).toBeUndefined();
  expect(
    lawOf((tries) => {
      doneBefore(tries);
      tries.restored([]);
      tries.begin("a_1", { id: "1" }, there);
      tries.answered("a_1", "1", there, refused);
    }),
  ).toBeUndefined();
});

test("a node whose clock runs ahead refuses a recall, another one takes it and dies with its answer: no law is broken", async () => {
  const world = await inOwnTurn(() => {
    const shop = new World(7, smallShop);
    open(shop);
    shop.run(1_500);
    const [one, ahead] = shop.machines;
    const customer = shop.actors.find(({ kind }) => kind === "customer");
    const stream = [...shop.database.tables.streams].find(([, { meta }]) => meta?.kind === "support")?.[0];
    if (!one?.host || !ahead?.host || !customer || !stream) throw new Error("the shop did not open");
    const { host } = one;
    ahead.clockOffsetMs += 600_000;
    const principal = { ...customer, credential: "phone" };
    const nextId = () => makeCommandId(Math.floor(shop.scheduler.now), shop.random.bytes(10));
    const answers: string[] = [];
    const order = (at: typeof host, command: { id: string }) => {
      void shop.order(at, principal, command).then((answer) => {
        answers.push("ack" in answer ? "ack" : answer.refusal.code);
        shop.watch.answered(principal.account, command.id, answer);
      });
      shop.run(1_000);
    };
    order(host, {
      id: nextId(),
      type: "message.send",
      stream,
      body: { parts: [{ type: "text", text: "oh" }] },
    } as never);
    const seq = shop.database.tables.streams.get(stream)?.lastSeq;
    const recall = { id: nextId(), type: "message.recall", stream, body: { seq } } as never;
    order(ahead.host, recall);
    const { onCommit } = shop.database;
    shop.database.onCommit = (events) => {
      onCommit?.(events);
      if (events.some(({ type }) => type === "message.recalled")) one.kill();
    };
    order(host, recall);
    expect(answers).toEqual(["ack", "too-late"]);
    expect(shop.database.tables.event(stream, (seq ?? 0) + 1)?.type).toBe("message.recalled");
    ahead.clockOffsetMs = 0;
    one.start();
    settle(shop);
    return shop;
  });
  expect(world.violation).toBeUndefined();
});
