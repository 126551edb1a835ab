import type { Page } from "playwright-core";
import { openSql } from "../../server/src/db/sql.ts";
import { urlOfRunning } from "../../server/src/embedded/start.ts";
import { ask } from "../api/server.ts";
import { type Letter, startMailbox, totpOf } from "../api/staff-world.ts";
import { freePort, type OidcProvider, startOidc } from "../fakes/oidc.ts";
import { Device, Product } from "./harness.ts";
import { look } from "./looks.ts";
import { assert, connection, type Scenario, skipTour, staff, type World } from "./world.ts";

type Mailbox = Awaited<ReturnType<typeof startMailbox>>;
type Door = World & { mailbox: Mailbox; provider: OidcProvider };

const [phone, desk] = [
  { width: 360, height: 740 },
  { width: 1440, height: 900 },
];
const password = "brisk-otter-Quay-41";

/** An installation of its own, with a mail server and a provider of single sign-on, both real and of this machine. */
async function atDoor(world: World, work: (door: Door) => Promise<void>): Promise<void> {
  const port = await freePort();
  const [mailbox, provider] = await Promise.all([startMailbox(), startOidc(`http://127.0.0.1:${port}/console/`)]);
  const settings = {
    AFTERCARE_SMTP_URL: mailbox.url,
    AFTERCARE_MAIL_FROM: "Service desk <desk@shop.example>",
    AFTERCARE_OIDC_ISSUER: provider.issuer,
    AFTERCARE_OIDC_CLIENT_ID: provider.client.id,
    AFTERCARE_OIDC_CLIENT_SECRET: provider.client.secret,
    AFTERCARE_OIDC_DOMAINS: "shop.example",
    AFTERCARE_SECOND_FACTOR_ROLES: "supervisor",
  };
  const product = new Product(settings, port);
  try {
    await product.start();
    await work({ ...world, product, mailbox, provider });
  } finally {
    await product.stop();
    await Promise.all([mailbox.stop(), provider.stop()]);
  }
}

/** A browser that nobody signed in with yet. */
async function stranger(world: World, at: string, size = desk): Promise<Page> {
  const device = await Device.open(world.browser, at, { lang: "en", ...size });
  world.open.push(device);
  return device.page;
}

/** The address in a mail, as a person would click it. */
const addressIn = ({ text }: Letter): string => /https?:\/\/\S+/.exec(text)?.[0] ?? "";

async function bothSizes(page: Page, screen: string): Promise<void> {
  for (const size of [desk, phone]) {
    await page.setViewportSize(size);
    await look(page, `${screen}-${size.width}`);
  }
}

async function isIn(page: Page): Promise<void> {
  await skipTour(page);
  await connection(page, "online");
}

async function openStaff(page: Page): Promise<void> {
  await page.evaluate(() => {
    location.hash = "#/settings/staff";
  });
  await page.getByTestId("staff").waitFor();
}

/** Invites on the page, takes the link from the mail, and comes in with a password of one's own. */
async function joins(door: Door, host: Page, email: string, role: string): Promise<Page> {
  const form = host.getByTestId("invitations");
  await form.getByLabel("Mail address").fill(email);
  await form.getByRole("combobox", { name: "Role" }).selectOption({ label: role });
  await form.getByRole("button", { name: "Send invitation" }).click();
  await host.getByText(`The invitation to ${email} is on its way.`).first().waitFor();
  const guest = await stranger(door, addressIn(await door.mailbox.next(email)));
  await guest.getByText(`You were invited as ${email}`).waitFor();
  return guest;
}

async function invitation(door: Door, host: Page): Promise<void> {
  const email = "ada@shop.example";
  const ada = await joins(door, host, email, "Agent");
  await bothSizes(ada, "door-join");
  await ada.getByLabel("Your name").fill("Ada");
  await ada.locator("input[type=password]").fill("password1234");
  await ada.locator("button[type=submit]").click();
  await ada.getByText("This is among the passwords that are tried first.").waitFor();
  await ada.locator("input[type=password]").fill(password);
  await ada.locator("button[type=submit]").click();
  await isIn(ada);
  await look(ada, "door-joined-360");
  // The link is used up.
  const late = await stranger(door, addressIn(door.mailbox.letters[0] as Letter), phone);
  await late.getByText("This link is over").waitFor();
  await look(late, "door-link-over-360");
}

async function reset(door: Door): Promise<void> {
  const email = "ada@shop.example";
  const page = await stranger(door, `${door.product.url}/console/`);
  await page.getByRole("button", { name: "Forgotten your password?" }).click();
  await bothSizes(page, "door-forgotten");
  await page.locator("input[name=email]").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText("Look into your mailbox").waitFor();
  await look(page, "door-sent-360");
  await page.goto(addressIn(await door.mailbox.next(email)));
  await page.getByText(`For ${email}`).waitFor();
  await bothSizes(page, "door-new-password");
  await page.locator("input[type=password]").fill("other-Quay-otter-8");
  await page.getByRole("button", { name: "Set the password" }).click();
  await isIn(page);
  const old = await ask(door.product.url, "/v1/sign-in", { body: { login: email, password } });
  assert(old.status === 401, "the old password still opens");
}

async function singleSignOn(door: Door): Promise<void> {
  const page = await stranger(door, `${door.product.url}/console/`);
  const button = page.getByRole("button", { name: "Sign in with your company account" });
  await button.waitFor();
  await bothSizes(page, "door-sso");
  // Of another company: the provider knows them, we do not.
  door.provider.person = { sub: "s-1", email: "sam@elsewhere.example", verified: true, name: "Sam" };
  await button.click();
  await page.getByText("Your company account was not accepted here.").waitFor();
  await look(page, "door-sso-refused-360");
  assert(!/[?&](?:code|state)=/.test(page.url()), "the provider's answer stays in the address");
  door.provider.person = { sub: "s-2", email: "bo@shop.example", verified: true, name: "Bo" };
  await page.context().clearCookies();
  await button.click();
  await isIn(page);
  assert(!/[?&](?:code|state)=/.test(page.url()), "the provider's answer stays in the address");
  await page.reload();
  await connection(page, "online");
}

/** A supervisor, whose role needs it, loses the authenticator; the owner proves herself and takes it away. */
async function lostFactor(door: Door, host: Page): Promise<void> {
  const email = "cy@shop.example";
  await openStaff(host);
  const cy = await joins(door, host, email, "Supervisor");
  await cy.getByLabel("Your name").fill("Cy");
  await cy.locator("input[type=password]").fill(password);
  await cy.locator("button[type=submit]").click();
  const enrol = async (page: Page) => {
    await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
    const secret = (await page.locator("code").last().innerText()).replace(/\s/g, "");
    await page.locator("input[name=code]").fill(totpOf(`otpauth://totp/a?secret=${secret}`));
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("button", { name: "I have kept them" }).click();
  };
  await enrol(cy);
  await isIn(cy);
  const sql = openSql((await urlOfRunning(door.product.dataDir)) ?? "", 1);
  await sql`update device set confirmed_at = now() - interval '1 hour'`.finally(() => sql.end());

  await host.setViewportSize(desk);
  await host.reload();
  await openStaff(host);
  await host.getByRole("button", { name: "Reset the second factor of Cy" }).click();
  const question = host.getByRole("dialog", { name: "Reset the second factor of Cy?" });
  await question.waitFor();
  await bothSizes(host, "door-reset-factor");
  await question.getByRole("checkbox", { name: "Remove their passkeys too" }).press("Space");
  await question.getByRole("button", { name: "Reset second factor" }).click();
  const proof = host.getByRole("dialog", { name: "Is it you?" });
  await proof.locator("input[name=password]").fill(door.product.signIns[1]?.password ?? "");
  await proof.getByRole("button", { name: "Confirm" }).click();
  await host
    .getByTestId("settings-note")
    .getByText("The second factor of Cy is reset; a mail tells them.")
    .first()
    .waitFor();
  await look(host, "door-reset-done-360");
  await connection(cy, "closed");
  await cy.goto(addressIn(await door.mailbox.next(email)));
  const again = await stranger(door, `${door.product.url}/console/`);
  await again.locator("input[name=login]").fill(email);
  await again.locator("input[name=password]").fill(password);
  await again.locator("button[type=submit]").click();
  await again.getByText("Your role needs a second factor.").waitFor();
  await enrol(again);
  await isIn(again);
}

export const doors: Scenario[] = [
  {
    name: "door: by invitation, by a reset link and by single sign-on into the console; a lost second factor is reset",
    run: (world) =>
      atDoor(world, async (door) => {
        const { page: host } = await staff(door, 1, { lang: "en", ...desk });
        await openStaff(host);
        await invitation(door, host);
        await reset(door);
        await singleSignOn(door);
        await lostFactor(door, host);
      }),
  },
];
