import { Avatar, control, Dialog, PeoplePicker, runCommand, useMe, useUi } from "@aftercare/ui";
import css from "./assign.module.css";
import { useDeskWords } from "./desk.ts";
import { deskRoute } from "./route.ts";

/** Who answers the open conversation: oneself first, then a colleague, or nobody. */
export function Assign(props: { close: () => void }) {
  const { close } = props;
  const ui = useUi();
  const me = useMe();
  const words = useDeskWords().act;
  const { stream } = deskRoute();
  if (stream === undefined || !me) return null;
  const handle = ui.client.stream(stream);
  const { state } = handle.view.value;
  handle.close();
  const assignee = state?.meta.assignee;
  // Who is to answer must be in the conversation: others are added to its members first.
  const agents = Object.values(state?.members ?? {}).filter(({ role }) => role === "agent");
  const assign = async (account: string | null) => {
    if (await runCommand(ui, "conversation.assign", stream, { account })) close();
  };
  return (
    <Dialog title={words.assign} close={close}>
      <div class={css.first}>
        {assignee !== me.account && (
          <button type="button" class={control.primary} onClick={() => void assign(me.account)}>
            <Avatar id={me.account} name={me.name} size={22} /> {words.assignMe}
          </button>
        )}
        {assignee !== undefined && (
          <button type="button" class={control.button} onClick={() => void assign(null)}>
            {words.unassign}
          </button>
        )}
      </div>
      <div class={control.field}>{words.assignTo}</div>
      <PeoplePicker
        first
        people={agents}
        hide={(account) => account === assignee || account === me.account}
        pick={({ account }) => void assign(account)}
      />
    </Dialog>
  );
}
