import type { Ui } from "./context.tsx";
import { toast } from "./toast.tsx";

export async function copyText(ui: Ui, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(ui, ui.language.words.value.actions.copied);
  } catch {
    // The browser refused; the text can still be selected by hand.
  }
}
