import type { StaffMember } from "@aftercare/sdk";
import { Avatar, control, Icon } from "@aftercare/ui";
import css from "./admin.module.css";
import { useAdminWords } from "./admin.tsx";
import pages from "./settings.module.css";

/** Who serves at a desk or is in a team: each can be taken out, and others put in. */
export function People(props: {
  place: string;
  people: readonly { account: string; name: string }[];
  staff: readonly StaffMember[];
  empty: string;
  set: (account: string, name: string, on: boolean) => Promise<boolean>;
}) {
  const { place, people, staff, set } = props;
  const words = useAdminWords().shops;
  const others = staff.filter(({ account, disabled }) => !disabled && !people.some((one) => one.account === account));
  return (
    <>
      {people.length === 0 && <p class={pages.hint}>{props.empty}</p>}
      <div class={css.people}>
        {people.map(({ account, name }) => (
          <span key={account} class={css.chip}>
            <Avatar id={account} name={name} size={24} />
            <span>{name}</span>
            <button
              type="button"
              class={`${control.icon} ${css.pen}`}
              aria-label={words.takeFrom(name, place)}
              title={words.takeFrom(name, place)}
              onClick={() => void set(account, name, false)}
            >
              <Icon name="close" size={14} />
            </button>
          </span>
        ))}
        {others.length > 0 && (
          <select
            class={`${control.input} ${css.compact} ${css.adder}`}
            aria-label={words.addTo(place)}
            value=""
            onChange={(event) => {
              const field = event.currentTarget;
              const chosen = others.find(({ account }) => account === field.value);
              field.value = "";
              if (chosen) void set(chosen.account, chosen.name, true);
            }}
          >
            <option value="">{words.addPerson}</option>
            {others.map(({ account, name }) => (
              <option key={account} value={account}>
                {name}
              </option>
            ))}
          </select>
        )}
      </div>
    </>
  );
}
