import { tabsContract } from "../../../rig/contract/tabs.ts";
import { settle } from "../../../rig/fakes/clock.ts";
import { FakeBrowser } from "../../../rig/fakes/tabs.ts";

tabsContract("in memory", () => {
  const browser = new FakeBrowser();
  return { tab: () => browser.tab(), settle };
});
