import { useDesk } from "../desk.ts";
import { SecurityPanel } from "../security/panel.tsx";

/** One's own ways in, as a page of the settings. */
export function OwnSecurity() {
  const { access } = useDesk();
  return <SecurityPanel access={access} />;
}
