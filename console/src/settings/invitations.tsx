import {
  type MailLocale,
  mailLocales,
  type Refusal,
  type RoleRow,
  type SignInWays,
  type StaffInvitation,
} from "@aftercare/sdk";
import { control, languageNames, useFormat, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import { Heading, RoleOptions, together, useAdminWords, useChange, useLoaded, useRoleName, Waiting } from "./admin.tsx";
import pages from "./settings.module.css";

type Found = { list: { invitations: StaffInvitation[] }; ways: SignInWays };

/** Who was asked to join the staff by mail and has not come yet. */
export function Invitations(props: { roles: RoleRow[] }) {
  const { access } = useDesk();
  const words = useAdminWords().invite;
  const { value, problem, reload } = useLoaded<Found>((ask) =>
    together<Found>({ list: ask("/v1/invitations"), ways: access.step("/v1/sign-in/ways") }),
  );
  return (
    <section class={css.stack} data-testid="invitations">
      <Heading>{words.title}</Heading>
      <p class={pages.lead}>{words.lead}</p>
      {!value && <Waiting problem={problem} retry={() => void reload()} />}
      {value && !value.ways.mail && <p class={css.remark}>{words.noMail}</p>}
      {value?.ways.mail && <InviteForm roles={props.roles} reload={reload} />}
      {value && value.list.invitations.length === 0 && <p class={pages.lead}>{words.none}</p>}
      {value && value.list.invitations.length > 0 && (
        <ul class={`${pages.card} ${css.rows}`}>
          {value.list.invitations.map((one) => (
            <Invitation key={one.id} {...props} one={one} mail={value.ways.mail} reload={reload} />
          ))}
        </ul>
      )}
    </section>
  );
}

function useWhy(): (refusal: Refusal) => string | undefined {
  const words = useAdminWords().invite;
  return ({ code, path }) => {
    if (code === "already-a-member") return words.member;
    if (code === "invalid") return words.wrong;
    if (path === "mail") return code === "busy" ? words.notSent : words.noMail;
    return undefined;
  };
}

function InviteForm(props: { roles: RoleRow[]; reload: () => Promise<void> }) {
  const { access } = useDesk();
  const words = useAdminWords().invite;
  const change = useChange();
  const why = useWhy();
  const locale = useWords().locale;
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("agent");
  const [language, setLanguage] = useState<MailLocale>(locale);
  const send = async () => {
    const to = email.trim();
    const isSent = await change(
      () => access.own<{ id: string }>("/v1/invitations", { email: to, role, locale: language }),
      { done: words.sent(to), show: props.reload, why },
    );
    if (isSent) setEmail((now) => (now.trim() === to ? "" : now));
    // A mail that did not go out leaves an invitation behind.
    else await props.reload();
  };
  return (
    <form
      class={`${pages.card} ${css.invite}`}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label class={control.field}>
        {words.email}
        <input
          class={control.input}
          type="email"
          name="email"
          autocomplete="off"
          value={email}
          maxLength={254}
          required
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <label class={control.field}>
        {words.role}
        <select class={control.input} name="role" value={role} onChange={(event) => setRole(event.currentTarget.value)}>
          <RoleOptions roles={props.roles} />
        </select>
      </label>
      <label class={control.field}>
        {words.language}
        <select
          class={control.input}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value as MailLocale)}
        >
          {mailLocales.map((one) => (
            <option key={one} value={one} lang={one}>
              {languageNames[one]}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class={control.primary}>
        {words.send}
      </button>
    </form>
  );
}

function Invitation(props: { one: StaffInvitation; roles: RoleRow[]; mail: boolean; reload: () => Promise<void> }) {
  const { id, email, role, state, expiresAt } = props.one;
  const { access } = useDesk();
  const words = useAdminWords().invite;
  const format = useFormat();
  const change = useChange();
  const why = useWhy();
  const roleName = useRoleName(props.roles);
  const ask = (path: string, done: string) =>
    change(() => access.own(path, { id }), { done, show: () => props.reload(), why });
  return (
    <li class={css.line}>
      <div class={css.what}>
        <b>{email}</b>
        <span>
          {roleName(role)} · {state === "open" ? words.open(format.dateTime(expiresAt, Date.now())) : words.expired}
        </span>
      </div>
      {props.mail && (
        <button
          type="button"
          class={`${control.button} ${control.small}`}
          aria-label={words.resendTo(email)}
          onClick={() => void ask("/v1/invitations/resend", words.sent(email))}
        >
          {words.resend}
        </button>
      )}
      <button
        type="button"
        class={`${control.button} ${control.small}`}
        aria-label={words.revokeFrom(email)}
        onClick={() => void ask("/v1/invitations/revoke", words.revoked(email))}
      >
        {words.revoke}
      </button>
    </li>
  );
}
