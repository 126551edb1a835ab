import { type AccountId, type CustomerProfile, mayEverywhere, type StreamId } from "@aftercare/sdk";
import { control, frontWords, useFormat, useMe, useNow, useWords } from "@aftercare/ui";
import { useEffect } from "preact/hooks";
import css from "./customer.module.css";
import { type Field, fieldOf, HiddenValue, ProfileLine } from "./customer-field.tsx";
import { useDeskWords } from "./desk.ts";
import { DeskIcon } from "./icons.tsx";
import { lastText } from "./list.tsx";
import { useOwn } from "./own.ts";
import panel from "./panel.module.css";
import { hrefOf } from "./route.ts";
import { useCustomerLines } from "./use-customer-lines.ts";

const order = ["name", "phone", "email", "address", "notes"] as const;

/** What is known of the customer, to be changed where one may. A hidden field says so, and is not just missing. */
export function CustomerFields(props: { account: AccountId }) {
  const me = useMe();
  const plain = useWords();
  const words = useDeskWords();
  const front = frontWords[plain.locale].customer;
  const path = `/v1/customers/${props.account}`;
  const found = useOwn<CustomerProfile>(path);
  const { value: known, load } = found;
  useEffect(() => {
    const look = () => void load(true);
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, [load]);
  const names: Record<Field, string> = {
    name: front.name,
    phone: words.panel.phone,
    email: words.panel.email,
    address: words.panel.address,
    notes: front.notes,
  };
  const editable = me !== undefined && mayEverywhere(me, "customer.edit");
  if (found.problem !== undefined)
    return (
      <div class={css.trouble}>
        <p role="alert" class={control.problem}>
          {found.problem}
        </p>
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => void found.load()}>
          {plain.common.retry}
        </button>
      </div>
    );
  return (
    <dl class={`${panel.fields} ${css.fields}`} data-testid="customer-fields">
      {order.map((field) => (
        <ProfileLine
          key={`${props.account} ${field}`}
          path={path}
          field={field}
          name={names[field]}
          value={known && fieldOf(known, field)}
          state={known === undefined ? "loading" : field !== "name" && known.hidden.includes(field) ? "hidden" : "seen"}
          editable={editable}
          changed={found.put}
          load={() => load(true)}
        />
      ))}
      {known?.hidden.includes("price") && (
        <>
          <dt>
            <DeskIcon name="box" size={16} />
            {front.price}
          </dt>
          <HiddenValue />
        </>
      )}
    </dl>
  );
}

const mostEarlier = 6;

/** The other conversations of the same customer, newest first. */
export function Earlier(props: { account: AccountId; name: string; here: StreamId }) {
  const front = frontWords[useWords().locale].customer;
  const plain = useWords();
  const format = useFormat();
  const now = useNow();
  const words = useDeskWords();
  const { lines, loading } = useCustomerLines(props.name);
  const theirs = lines.filter(({ customer, stream }) => customer?.account === props.account && stream !== props.here);
  if (loading) return <span class={`${control.spinner} ${css.wait}`} role="status" aria-label={plain.common.loading} />;
  if (theirs.length === 0) return <p class={css.quiet}>{front.noEarlier}</p>;
  return (
    <>
      <ul class={css.list} data-testid="earlier">
        {theirs.slice(0, mostEarlier).map(({ stream, title, last, lastAt, closed }) => (
          <li key={stream}>
            <a class={css.link} href={hrefOf(stream)}>
              <b>{(title ?? (last && lastText(last, plain))) || plain.kinds.support}</b>
              <span>
                {format.brief(lastAt, now)} · {closed ? words.panel.isClosed : words.panel.isOpen}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {theirs.length > mostEarlier && <p class={css.quiet}>{front.more}</p>}
    </>
  );
}
