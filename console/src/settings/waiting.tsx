import { control, Empty, frontWords, useWords } from "@aftercare/ui";

/** A page whose facts are not here: yet, or because the server said no. */
export function Waiting(props: { problem: string | undefined; retry: () => void }) {
  const plain = useWords();
  if (props.problem === undefined)
    return <span class={control.spinner} role="status" aria-label={plain.common.loading} />;
  return (
    <Empty icon="alert" title={frontWords[plain.locale].failed} hint={props.problem}>
      <button type="button" class={control.button} onClick={props.retry}>
        {plain.common.retry}
      </button>
    </Empty>
  );
}
