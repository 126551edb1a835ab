import type { StaffDevice } from "@aftercare/sdk";
import { accessWords, Confirm, control, useFormat, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import type { Acts } from "./panel.tsx";
import css from "./security.module.css";

export function Devices(props: Acts) {
  const { security, run } = props;
  const { devices } = accessWords[useWords().locale].panel;
  const [isAsking, setAsking] = useState(false);
  // This one first: it is what people look for.
  const sorted = [...security.devices].sort((a, b) => Number(b.current) - Number(a.current) || b.usedAt - a.usedAt);
  return (
    <section class={css.section} data-testid="devices">
      <h3>{devices.title}</h3>
      <p class={css.hint}>{devices.text}</p>
      <ul class={css.list}>
        {sorted.map((one) => (
          <Device
            key={one.id}
            device={one}
            end={() => void run("/v1/security/devices/end", { id: one.id }, devices.ended)}
          />
        ))}
      </ul>
      {sorted.length > 1 && (
        <div class={css.row}>
          <button type="button" class={control.danger} onClick={() => setAsking(true)}>
            {devices.endOthers}
          </button>
        </div>
      )}
      {isAsking && (
        <Confirm
          title={devices.endOthersTitle}
          text={devices.endOthersText}
          yes={devices.endOthers}
          close={() => setAsking(false)}
          run={() => void run("/v1/security/devices/end-others", {}, devices.ended)}
        />
      )}
    </section>
  );
}

function Device(props: { device: StaffDevice; end: () => void }) {
  const { agent, network, createdAt, usedAt, current } = props.device;
  const { devices } = accessWords[useWords().locale].panel;
  const format = useFormat();
  const name = agent ?? devices.unknown;
  return (
    <li class={css.item}>
      <div class={css.what}>
        <b>{name}</b>
        {current && <span class={css.tag}>{devices.current}</span>}
        <p>
          {[
            network,
            devices.signedIn(format.dateTime(createdAt, Date.now())),
            devices.used(format.dateTime(usedAt, Date.now())),
          ]
            .filter((part) => part !== undefined)
            .join(" · ")}
        </p>
      </div>
      {!current && (
        <button
          type="button"
          class={`${control.button} ${control.small}`}
          aria-label={devices.endNamed(name)}
          onClick={props.end}
        >
          {devices.end}
        </button>
      )}
    </li>
  );
}
