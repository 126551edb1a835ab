import { act, openMenu } from "./talk.ts";
import {
  message,
  openConversation,
  type Scenario,
  say,
  sees,
  showDetails,
  showView,
  staff,
  until,
  type World,
} from "./world.ts";

/** A staff group through the page: made, announced, pinned, reacted to, left. */
async function group(world: World): Promise<void> {
  const mei = await staff(world, 1);
  const kit = await staff(world, 0);
  const { page } = mei;
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("menuitem", { name: "New group" }).click();
  await page.getByLabel("Name of the group").fill("Night shift #n");
  await page.getByRole("button", { name: "Kit" }).click();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByTestId("timeline").waitFor();
  await say(page, "Who takes the phone? @Kit #n1");
  await showView(kit.page, "groups");
  await until(
    "the unread count is shown",
    () => kit.page.getByTestId("conversation").filter({ hasText: "#n1" }).innerText(),
    (text) => text.includes("1 unread"),
  );
  await openConversation(kit.page, "#n1");
  await sees(kit.page, "#n1");
  await openMenu(kit.page, "#n1");
  await kit.page.getByRole("menuitemcheckbox", { name: "Thumbs up" }).click();
  await until(
    "the reaction is seen",
    () => message(page, "#n1").innerText(),
    (text) => text.includes("👍"),
  );
  await act(page, "#n1", "Pin");
  await until(
    "the pin is seen",
    () => message(kit.page, "#n1").innerText(),
    (text) => text.includes("Pinned"),
  );
  await showDetails(page);
  await page.getByRole("button", { name: "Write an announcement" }).click();
  await page.getByRole("dialog").getByLabel("Text").fill("Sunday: opening hours 11 to 18");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await kit.page.getByText("Sunday: opening hours 11 to 18").first().waitFor();
  await showDetails(kit.page);
  await kit.page.getByRole("button", { name: "Leave" }).click();
  await kit.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await until(
    "who left does not see it any more",
    () => kit.page.getByTestId("conversation").filter({ hasText: "Night shift" }).count(),
    (count) => count === 0,
  );
  await say(page, "Kit has left #n2");
  await sees(page, "#n2");
  if (await kit.page.getByText("#n2").count()) throw new Error("who left still gets messages");
}

export const groups: Scenario[] = [{ name: "L5 a group: mention, reaction, pin, announcement, leaving", run: group }];
