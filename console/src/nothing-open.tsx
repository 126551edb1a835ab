import { Empty, useWords } from "@aftercare/ui";

export function NothingOpen() {
  const words = useWords();
  return <Empty icon="chat" title={words.console.choose} hint={words.console.chooseHint} />;
}
