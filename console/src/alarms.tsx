import { type LinkAlarm, mayEverywhere } from "@aftercare/sdk";
import { Icon, inspectorWords, useClient, useFormat, useMe, useWords } from "@aftercare/ui";
import { useEffect, useState } from "preact/hooks";
import css from "./alarms.module.css";

const askEveryMs = 5_000;
/** Shown at once; the number above tells of the rest. */
const shownLinks = 20;

/** Devices that stopped answering, for supervisors; nothing while all is well. */
export function Alarms() {
  const me = useMe();
  return me && mayEverywhere(me, "delivery.inspect") ? <Watched /> : null;
}

function Watched() {
  const client = useClient();
  const locale = useWords();
  const words = inspectorWords[locale.locale].alarms;
  const format = useFormat();
  const [links, setLinks] = useState<readonly LinkAlarm[]>([]);
  useEffect(() => {
    let open = true;
    const ask = async () => {
      if (document.visibilityState !== "visible" || client.connection.value.state !== "online") return;
      const answer = await client.read({ type: "alarms" });
      if (open && !("refusal" in answer)) setLinks(answer.links);
    };
    void ask();
    const timer = setInterval(() => void ask(), askEveryMs);
    return () => {
      open = false;
      clearInterval(timer);
    };
  }, [client]);
  if (links.length === 0) return <div role="status" />;
  const now = client.serverNow();
  return (
    <div role="status">
      <details class={css.alarms} data-testid="alarms">
        <summary>
          <Icon name="alert" size={18} /> {words.title(links.length)}
        </summary>
        <ul>
          {links.slice(0, shownLinks).map(({ account, name, device, sinceAt, events }) => (
            <li key={`${account} ${device} ${sinceAt}`}>
              <span>{words.line(name, device)}</span>
              <span class={css.detail}>
                {words.since(format.dateTime(sinceAt, now))} · {words.events(events)}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
