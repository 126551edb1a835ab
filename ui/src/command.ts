import type { CommandBody, CommandType, StreamId } from "@aftercare/protocol";
import { refusalText, type Ui, useUi } from "./context.tsx";
import { toast } from "./toast.tsx";

/** Whether it was accepted. */
export type Run = <T extends CommandType>(
  type: T,
  stream: StreamId | undefined,
  body: CommandBody<T>,
) => Promise<boolean>;

/** Already so is as good as done. */
const harmless = new Set(["no-change", "already-a-member"]);

export function runCommand<T extends CommandType>(
  ui: Ui,
  type: T,
  stream: StreamId | undefined,
  body: CommandBody<T>,
): Promise<boolean> {
  const sent = ui.client.send(type, stream, body);
  return sent.done.then((answer) => {
    if (!("refusal" in answer)) return true;
    ui.client.discard(sent.id);
    if (harmless.has(answer.refusal.code)) return true;
    toast(ui, refusalText(answer.refusal, ui.language.words.value, ui.language.format.value));
    return false;
  });
}

/** Sends a command that is not a message of one's own: a refusal is told in passing, and nothing of it stays behind. */
export function useCommand(): Run {
  const ui = useUi();
  return (type, stream, body) => runCommand(ui, type, stream, body);
}
