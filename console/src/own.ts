import type { Refusal, Said } from "@aftercare/sdk";
import { frontWords, refusalText, useFormat, useWords } from "@aftercare/ui";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useDesk } from "./desk.ts";

/** Asks the server as the person who is signed in; a server that is not there is an answer, too. */
export function useAsk() {
  const { access } = useDesk();
  return useCallback(
    async <T>(
      path: string,
      body?: object,
      method?: "PATCH" | "PUT",
    ): Promise<Said<T> | { refusal: { code: "unreachable" } }> => {
      try {
        return await access.own<T>(path, body, method);
      } catch {
        return { refusal: { code: "unreachable" } };
      }
    },
    [access],
  );
}

export function useRefusalText(): (refusal: Refusal | { code: "unreachable" }) => string {
  const words = useWords();
  const format = useFormat();
  const front = frontWords[words.locale];
  return (refusal) => {
    if (refusal.code === "unreachable") return front.notSent;
    return refusal.code === "forbidden" ? front.forbidden : refusalText(refusal, words, format);
  };
}

/** Asked once for each path, and again on demand. */
export function useOwn<T>(path: string | undefined) {
  const ask = useAsk();
  const textOf = useRefusalText();
  const [found, setFound] = useState<{ path: string; value?: T; problem?: string }>();
  // What is put or asked for later is newer than an answer that is still on its way.
  const turn = useRef(0);
  /** `isQuiet`: without an answer, what is there stands. */
  const load = useCallback(
    async (isQuiet = false): Promise<T | undefined> => {
      if (path === undefined) return undefined;
      const mine = ++turn.current;
      const said = await ask<T>(path);
      const value = "value" in said ? said.value : undefined;
      if (turn.current !== mine) return value;
      if (!("refusal" in said)) setFound({ path, value: said.value });
      else if (!isQuiet || said.refusal.code !== "unreachable") setFound({ path, problem: textOf(said.refusal) });
      return value;
    },
    [ask, path],
  );
  useEffect(() => void load(), [load]);
  const current = found?.path === path ? found : undefined;
  const put = (value: T) => {
    turn.current++;
    if (path !== undefined) setFound({ path, value });
  };
  return { value: current?.value, problem: current?.problem, load, put };
}
