import {
  type Refusal,
  type Seq,
  type StreamId,
  SYSTEM,
  type Trace,
  type TraceDevice,
  type TracePerson,
} from "@aftercare/sdk";
import { control, Dialog, Icon, inspectorWords, refusalText, useClient, useFormat, useWords } from "@aftercare/ui";
import { useEffect, useState } from "preact/hooks";
import css from "./inspector.module.css";

const askEveryMs = 3_000;

type Asked = { trace: Trace } | { refusal: Refusal } | undefined;

/** Asked again and again while the page is seen. */
function useTrace(stream: StreamId, seq: Seq): Asked {
  const client = useClient();
  const [asked, setAsked] = useState<Asked>();
  useEffect(() => {
    let open = true;
    let busy = false;
    const ask = async () => {
      if (busy || document.visibilityState !== "visible") return;
      busy = true;
      const answer = await client.read({ type: "trace", stream, seq });
      busy = false;
      if (!open) return;
      // What was shown once stays while an answer is only late.
      if ("refusal" in answer) setAsked((was) => (was && "trace" in was && passing(answer.refusal) ? was : answer));
      else setAsked({ trace: answer });
    };
    void ask();
    const timer = setInterval(() => void ask(), askEveryMs);
    return () => {
      open = false;
      clearInterval(timer);
    };
  }, [client, stream, seq]);
  return asked;
}

const passing = ({ code }: Refusal): boolean => code === "busy" || code === "rate-limited";

/** When a message was accepted, stored, sent to each device, delivered and read there. */
export function Inspector(props: { stream: StreamId; seq: Seq; close: () => void }) {
  const words = inspectorWords[useWords().locale];
  const asked = useTrace(props.stream, props.seq);
  return (
    <Dialog title={words.title} wide close={props.close}>
      <div data-testid="inspector">
        {asked === undefined ? <Loading /> : "refusal" in asked ? <Refused {...asked} /> : <Found {...asked} />}
      </div>
    </Dialog>
  );
}

function Loading() {
  const words = useWords();
  return (
    <div class={css.center}>
      <span class={control.spinner} role="status" aria-label={words.common.loading} />
    </div>
  );
}

function Refused(props: { refusal: Refusal }) {
  const common = useWords();
  const words = inspectorWords[common.locale];
  const format = useFormat();
  const { code } = props.refusal;
  const mayNot = code === "forbidden" || code === "not-a-member" || code === "not-found";
  return (
    <div class={css.empty} role="alert">
      <Icon name={mayNot ? "lock" : "alert"} size={28} />
      <p>{mayNot ? words.refused : words.failed}</p>
      {!mayNot && <p class={css.quiet}>{refusalText(props.refusal, common, format)}</p>}
    </div>
  );
}

function Found(props: { trace: Trace }) {
  const { trace } = props;
  const words = inspectorWords[useWords().locale];
  return (
    <div class={css.found}>
      {trace.times === "kept" ? (
        <Stages trace={trace} />
      ) : (
        <div class={css.empty}>
          <Icon name="clock" size={28} />
          <p>{trace.times === "off" ? words.off : words.expired}</p>
          {trace.times === "expired" && <p class={css.quiet}>{words.expiredHint}</p>}
        </div>
      )}
      <People trace={trace} />
      {trace.more > 0 && <p class={css.quiet}>{words.more(trace.more)}</p>}
      {trace.times === "kept" && <p class={css.quiet}>{words.note}</p>}
    </div>
  );
}

/** Accepted, stored, sent: where the message is on its way. */
function Stages(props: { trace: Trace }) {
  const { trace } = props;
  const words = inspectorWords[useWords().locale];
  const from = originOf(trace);
  const devices = trace.people.flatMap((person) => person.devices);
  const sent = devices.filter(({ sentAt }) => sentAt !== undefined);
  const last = sent.reduce((latest, { sentAt = 0 }) => Math.max(latest, sentAt), 0);
  const stages = [
    { label: words.stages.accepted, at: trace.acceptedAt, absolute: true },
    { label: words.stages.stored, at: trace.storedAt ?? trace.at, absolute: trace.acceptedAt === undefined },
    {
      label: words.stages.sent,
      at: sent.length > 0 ? last : undefined,
      more:
        sent.length > 0
          ? words.devices(sent.length, devices.length)
          : trace.people.some(({ delivered }) => delivered)
            ? words.unknown
            : words.noDevices,
    },
  ];
  return (
    <ol class={css.stages}>
      {stages.map(({ label, at, more, absolute }) => (
        <li key={label} data-done={at !== undefined}>
          <span class={css.dot} aria-hidden="true">
            {at !== undefined && <Icon name="check" size={14} />}
          </span>
          <span class={css.stage}>{label}</span>
          <span class={css.when}>
            {at === undefined ? (
              (more ?? (trace.by === SYSTEM ? "–" : words.unknown))
            ) : (
              <>
                <Moment at={at} from={from} absolute={absolute ?? false} />
                {more && <span class={css.more}>{more}</span>}
              </>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** What times count from: the moment the server took the message in, as well as it is known. */
const originOf = (trace: Trace): number => Math.min(trace.acceptedAt ?? trace.at, trace.at);

function People(props: { trace: Trace }) {
  const { people, times } = props.trace;
  const words = inspectorWords[useWords().locale];
  const from = originOf(props.trace);
  if (people.length === 0) return <p class={css.quiet}>{words.nothing}</p>;
  return (
    <table class={css.table}>
      <caption class={control.hidden}>{words.title}</caption>
      <thead>
        <tr>
          {[words.person, words.device, words.sent, words.delivered, words.read].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      {people.map((person) => (
        <tbody key={person.account}>
          {person.devices.length === 0 ? (
            <Bare person={person} kept={times === "kept"} />
          ) : (
            person.devices.map((device, index) => (
              <Row key={device.device} person={person} device={device} first={index === 0} from={from} />
            ))
          )}
        </tbody>
      ))}
    </table>
  );
}

/** Of this person only the receipt speaks. */
function Bare(props: { person: TracePerson; kept: boolean }) {
  const { person } = props;
  const words = inspectorWords[useWords().locale];
  return (
    <tr>
      <PersonCell person={person} rows={1} />
      <td class={css.quiet} data-label={words.device} data-blank={!props.kept}>
        {props.kept ? (person.delivered ? words.unknown : words.noDevice) : "–"}
      </td>
      <td data-label={words.sent}>–</td>
      <Known label={words.delivered} known={person.delivered} />
      <Known label={words.read} known={person.read} />
    </tr>
  );
}

function Row(props: { person: TracePerson; device: TraceDevice; first: boolean; from: number }) {
  const { person, device, from } = props;
  const words = inspectorWords[useWords().locale];
  const format = useFormat();
  const client = useClient();
  const { firstSeenAt } = device;
  const seen = firstSeenAt === undefined ? undefined : words.since(format.dateTime(firstSeenAt, client.serverNow()));
  // The receipt is the person's: where one device alone is known it must be that one.
  const lone = person.devices.length === 1;
  return (
    <tr>
      {props.first && <PersonCell person={person} rows={person.devices.length} />}
      <td data-label={words.device}>
        <span class={css.device}>
          <code>{device.device}</code>
          <span class={css.quiet}>{words.transports[device.transport] ?? device.transport}</span>
          {seen !== undefined && <span class={css.quiet}>{seen}</span>}
        </span>
      </td>
      <Cell label={words.sent} at={device.sentAt} from={from} />
      <Cell label={words.delivered} at={device.deliveredAt} from={from} known={lone && person.delivered} />
      <Cell label={words.read} at={device.readAt} from={from} known={lone && person.read} />
    </tr>
  );
}

function PersonCell(props: { person: TracePerson; rows: number }) {
  const common = useWords();
  const words = inspectorWords[common.locale];
  const { name, role } = props.person;
  return (
    <th scope="rowgroup" rowSpan={props.rows}>
      <span class={css.name}>{name || words.former}</span>
      <span class={css.quiet}>{role ? common.members.roles[role] : words.former}</span>
    </th>
  );
}

function Cell(props: { label: string; at: number | undefined; from: number; known?: boolean }) {
  if (props.at === undefined) return <Known label={props.label} known={props.known ?? false} />;
  return (
    <td data-label={props.label}>
      <Moment at={props.at} from={props.from} />
    </td>
  );
}

function Known(props: { label: string; known: boolean }) {
  const words = inspectorWords[useWords().locale];
  return (
    <td data-label={props.label}>
      {props.known ? (
        <span class={css.known} title={words.timeUnknown}>
          <Icon name="check" size={16} />
          <span class={control.hidden}>{words.timeUnknown}</span>
        </span>
      ) : (
        "–"
      )}
    </td>
  );
}

/** How long after the beginning; the time itself on hover, on focus, and for screen readers. */
function Moment(props: { at: number; from: number; absolute?: boolean }) {
  const { at, from } = props;
  const locale = useWords();
  const words = inspectorWords[locale.locale];
  const full = exact(locale.intl).format(at);
  if (props.absolute) return <time dateTime={new Date(at).toISOString()}>{full}</time>;
  const ms = at - from;
  const length = lengthOf(Math.abs(ms), words, locale.intl);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: its tip is reached by the keyboard too
    <time class={css.moment} dateTime={new Date(at).toISOString()} tabIndex={0}>
      {ms < 0 ? words.before(length) : words.after(length)}
      <span class={css.tip}>{full}</span>
    </time>
  );
}

const exact = (intl: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(intl, {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  });

function lengthOf(ms: number, words: (typeof inspectorWords)["en"], intl: string): string {
  const decimal = (value: number, digits: number) =>
    new Intl.NumberFormat(intl, { maximumFractionDigits: digits }).format(value);
  if (ms < 1_000) return words.ms(decimal(ms, 0));
  if (ms < 60_000) return words.seconds(decimal(ms / 1_000, 1));
  if (ms < 3_600_000) return words.minutes(decimal(ms / 60_000, 1));
  return ms < 86_400_000 ? words.hours(decimal(ms / 3_600_000, 1)) : words.days(decimal(ms / 86_400_000, 1));
}
