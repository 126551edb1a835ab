import type { Page } from "playwright-core";
import { totpOf } from "../api/staff-world.ts";
import { type Scenario, staff, until, type World } from "./world.ts";

/** Passkeys belong to a name: this machine's, not its address in figures. */
function atLocalhost(world: World): World {
  const url = world.product.url.replace("127.0.0.1", "localhost");
  return { ...world, product: Object.create(world.product, { url: { value: url } }) };
}

async function openSecurity(page: Page): Promise<void> {
  await page.getByTestId("preferences").first().click();
  await page.getByRole("menuitem", { name: "Security" }).click();
  await page.getByTestId("security").waitFor();
}

async function closeWindow(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Close" }).last().click();
}

const sure = (page: Page, question: string, yes: string): Promise<void> =>
  page.getByRole("dialog", { name: question }).getByRole("button", { name: yes }).click();

async function signOut(page: Page): Promise<void> {
  await page.getByTestId("preferences").first().click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.locator("input[name=login]").waitFor();
}

/** A fingerprint reader in the machine, as far as Chromium knows. */
async function giveAuthenticator(page: Page): Promise<() => Promise<number>> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length;
}

async function passkey(world: World): Promise<void> {
  const mei = await staff(atLocalhost(world), 1, { lang: "en" });
  const { page } = mei;
  const kept = await giveAuthenticator(page);
  await openSecurity(page);
  const part = page.getByTestId("passkeys");
  await part.getByRole("button", { name: "Add a passkey" }).click();
  await part.getByText("This device").waitFor();
  if ((await kept()) !== 1) throw new Error("the authenticator holds no passkey");
  await part.getByRole("button", { name: "Rename: This device" }).click();
  await page.locator("input[name=name]").fill("Counter laptop");
  await page.getByRole("button", { name: "Save" }).click();
  await part.getByText("Counter laptop").waitFor();
  await closeWindow(page);
  await signOut(page);
  // Neither login nor password: the authenticator knows who it is.
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByTestId("conversation").first().waitFor();
  await openSecurity(page);
  await part.getByText("Used").waitFor();
  await part.getByRole("button", { name: "Remove: Counter laptop" }).click();
  await sure(page, "Remove this passkey?", "Remove");
  await part.getByText("No passkey yet.").waitFor();
}

async function authenticatorApp(world: World): Promise<void> {
  const signIn = world.product.signIns[0];
  if (!signIn) throw new Error("the demo shop has no sign-in");
  const kit = await staff(world, 0, { lang: "en" });
  const other = await staff(world, 0, { lang: "en" });
  const { page } = kit;
  await openSecurity(page);
  const factor = page.getByTestId("factor");
  await factor.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
  const secret = (await page.locator("code").last().innerText()).replace(/\s/g, "");
  const uri = `otpauth://totp/a?secret=${secret}`;
  await page.locator("input[name=code]").fill(totpOf(uri, -1));
  await page.getByRole("button", { name: "Confirm" }).click();
  const codeList = page.getByTestId("recovery-codes");
  await codeList.waitFor();
  const codes = (await codeList.locator("code").allInnerTexts()).map((code) => code.trim());
  await page.getByRole("button", { name: "I have kept them" }).click();
  await factor.getByText("10 recovery codes left").waitFor();
  // The other device closes as soon as it is signed out from here.
  await page.getByRole("button", { name: "Sign out all others" }).click();
  await sure(page, "Sign out all other devices?", "Sign out all others");
  await until(
    "the other device is still connected",
    () => other.page.getByTestId("connection").getAttribute("data-state"),
    (state) => state === "closed",
  );
  await closeWindow(page);
  await signOut(page);
  const enter = async () => {
    await page.locator("input[name=login]").fill(signIn.login);
    await page.locator("input[name=password]").fill(signIn.password);
    await page.locator("button[type=submit]").click();
  };
  await enter();
  await page.locator("input[name=code]").fill(totpOf(uri));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByTestId("conversation").first().waitFor();
  await signOut(page);
  await enter();
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.locator("input[name=code]").fill(codes[0] ?? "");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByTestId("conversation").first().waitFor();
  await openSecurity(page);
  await factor.getByText("9 recovery codes left").waitFor();
  await factor.getByRole("button", { name: "Turn off" }).click();
  await sure(page, "Turn the authenticator app off?", "Turn off");
  await factor.getByText("Off:").waitFor();
}

/** Who signs out in one tab leaves nothing drawn in another: the next person at the computer sees that one, too. */
async function leavesOtherTab(world: World): Promise<void> {
  const mei = await staff(world, 1, { lang: "en" });
  const other = await mei.tab(`${world.product.url}/console/#/settings/audit`);
  await other.getByTestId("audit").waitFor();
  await signOut(mei.page);
  await other.getByTestId("audit").waitFor({ state: "detached" });
  await other.getByText("You are signed out.").waitFor();
}

export const access: Scenario[] = [
  { name: "sign-in: a passkey is added, signs in alone, is renamed and removed", run: passkey },
  {
    name: "sign-in: an authenticator app is asked for, a recovery code helps, other devices close",
    run: authenticatorApp,
  },
  { name: "sign-in: who signs out in one tab leaves no page of the settings in another", run: leavesOtherTab },
];
