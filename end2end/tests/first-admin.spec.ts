import { visit } from "./support/browsing.ts";
import { expect, test } from "./support/test.ts";

test.use({ serverOptions: { demo: false } });

const SET_UP_LINK = /http:\/\/\S+\/set-up\?token=\S+/;

test("the printed link makes the first Admin, once", async ({ page, server, browser, troubles }) => {
  troubles.announce(422);
  const link = await server.printed(SET_UP_LINK);
  await visit(page, link);
  await expect(page.getByRole("heading", { name: "Set up Muster" })).toBeVisible();
  const email = page.getByLabel("Email");
  const password = page.getByLabel("Password");
  const create = page.getByRole("button", { name: "Create Admin" });

  // The browser refuses a short password by itself, and so does the server.
  await email.fill("ann@acme.test");
  await password.fill("short");
  await expect(password).toHaveAccessibleDescription("At least 8 characters.");
  await create.click();
  await expect(password).toHaveJSProperty("validity.tooShort", true);
  await password.evaluate((input) => input.removeAttribute("minlength"));
  await create.click();
  await expect(page.getByRole("alert")).toHaveText("The password needs at least 8 characters.");

  await password.fill("long enough for anyone");
  await create.click();
  await expect(page.getByRole("heading", { name: "No users yet" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Account" })).toContainText("ann@acme.testAdmin");

  const stranger = await browser.newPage();
  await stranger.goto(link);
  await stranger.getByLabel("Email").fill("mallory@acme.test");
  await stranger.getByLabel("Password").fill("long enough for anyone");
  await stranger.getByRole("button", { name: "Create Admin" }).click();
  await expect(stranger.getByRole("alert")).toContainText("This link has been used or has expired.");
  await stranger.close();
});

test("a link with another token makes nobody an Admin", async ({ page, troubles }) => {
  troubles.announce(422);
  await visit(page, "/set-up?token=guessed");
  await page.getByLabel("Email").fill("mallory@acme.test");
  await page.getByLabel("Password").fill("long enough for anyone");
  await page.getByRole("button", { name: "Create Admin" }).click();
  await expect(page.getByRole("alert")).toContainText("This link has been used or has expired.");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the link works too, and a short password keeps it alive", async ({ page, server }) => {
    await page.goto(await server.printed(SET_UP_LINK));
    await page.getByLabel("Email").fill(".ann@acme.test");
    await page.getByLabel("Password").fill("long enough for anyone");
    await page.getByRole("button", { name: "Create Admin" }).click();
    await expect(page.getByRole("alert")).toContainText("is not an e-mail address");
    await page.getByLabel("Email").fill("ann@acme.test");
    await page.getByLabel("Password").fill("long enough for anyone");
    await page.getByRole("button", { name: "Create Admin" }).click();
    await expect(page.getByRole("heading", { name: "No users yet" })).toBeVisible();
  });
});
