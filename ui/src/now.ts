import { useEffect, useState } from "preact/hooks";
import { useClient } from "./context.tsx";

/** The server's time, looked at again from time to time. */
export function useNow(everyMs = 30_000): number {
  const client = useClient();
  const [now, setNow] = useState(() => client.serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(client.serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [client, everyMs]);
  return now;
}
