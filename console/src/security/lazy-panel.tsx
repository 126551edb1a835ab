import type { StaffAccess } from "@aftercare/sdk";
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";

type Props = { access: StaffAccess; close: () => void };

/** The window of one's own ways in, loaded when it is opened. */
export function SecurityWindow(props: Props) {
  const [View, setView] = useState<FunctionComponent<Props>>();
  useEffect(() => {
    void import("./panel.tsx").then(({ SecurityDialog }) => setView(() => SecurityDialog));
  }, []);
  return View ? <View {...props} /> : null;
}
