import type { Refusal, Said } from "@aftercare/sdk";
import { frontWords, refusalText, useFormat, useWords } from "@aftercare/ui";
import { useCallback, useEffect, useState } from "preact/hooks";
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
  const load = useCallback(async () => {
    if (path === undefined) return;
    const said = await ask<T>(path);
    setFound("value" in said ? { path, value: said.value } : { path, problem: textOf(said.refusal) });
  }, [ask, path]);
  useEffect(() => void load(), [load]);
  const current = found?.path === path ? found : undefined;
  const put = (value: T) => path !== undefined && setFound({ path, value });
  return { value: current?.value, problem: current?.problem, load, put };
}
