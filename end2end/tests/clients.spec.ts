import { type Page, request } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, visit } from "./support/browsing.ts";
import { expect, test } from "./support/test.ts";

const CLIENTS = "/settings/clients";

test("an Admin makes a client, whose secret is shown once and gets tokens", async ({ page, server }) => {
  await beSignedIn(page, "admin");
  await visit(page, "/users");
  await page.getByRole("link", { name: "API Clients" }).click();
  await expect(page.getByRole("heading", { name: "API Clients", level: 1 })).toBeVisible();
  await expect(page.getByText("There are no API clients yet.")).toBeVisible();
  await forbidReloads(page);
  await create(page, "Nightly export");
  const secret = page.getByLabel("Client secret");
  await expect(secret).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveValue("");
  await expect(row(page, "Nightly export")).toContainText("read:users");
  await expect(row(page, "Nightly export")).toContainText("Never");
  await page.getByRole("button", { name: "Copy client secret" }).click();
  await expect(page.getByText("Copied.")).toBeVisible();
  await expectNoReload(page);
  const credentials = { id: await page.getByLabel("Client ID").inputValue(), secret: await secret.inputValue() };
  expect(await token(server.url, credentials)).toBe(200);
  expect(server.log, "the secret is in no log").not.toContain(credentials.secret);

  await row(page, "Nightly export").getByText("Rotate secret").click();
  await page.getByRole("button", { name: "Make another secret" }).click();
  await expect(secret).not.toHaveValue(credentials.secret);
  expect(await token(server.url, credentials), "the old secret").toBe(401);
  expect(await token(server.url, { ...credentials, secret: await secret.inputValue() })).toBe(200);

  await visit(page, CLIENTS);
  await expect(secret).toHaveCount(0);
  await row(page, "Nightly export").getByText("Revoke", { exact: true }).click();
  await page.getByRole("button", { name: "Revoke client" }).click();
  await expect(page.getByText("There are no API clients yet.")).toBeVisible();
  await expect(page.getByText("Nightly export was revoked.")).toBeVisible();
});

test("what is wrong with a client is told at its name", async ({ page, troubles }) => {
  troubles.announce(422);
  await beSignedIn(page, "admin");
  await visit(page, CLIENTS);
  const name = page.getByLabel("Name");
  await page.getByRole("button", { name: "Create client" }).click();
  await expect(name).toHaveAccessibleDescription("Give the client a name.");
  await expect(name).toBeFocused();
  await page.getByRole("checkbox", { name: /^read:users/ }).uncheck();
  await create(page, "Nightly");
  await expect(name).toHaveAccessibleDescription("Choose at least one scope.");
});

test.describe(() => {
  test.use({ javaScriptEnabled: false });

  test("without JavaScript a client is made, given another secret and revoked", async ({ page, server, troubles }) => {
    troubles.announce(422);
    await beSignedIn(page, "admin");
    await page.goto(CLIENTS);
    await create(page, "");
    await expect(page.getByLabel("Name")).toHaveAccessibleDescription("Give the client a name.");
    await create(page, "Nightly");
    const id = await page.getByLabel("Client ID").inputValue();
    const secret = await page.getByLabel("Client secret").inputValue();
    expect(await token(server.url, { id, secret })).toBe(200);
    await row(page, "Nightly").getByText("Rotate secret").click();
    await page.getByRole("button", { name: "Make another secret" }).click();
    expect(await token(server.url, { id, secret })).toBe(401);
    expect(await token(server.url, { id, secret: await page.getByLabel("Client secret").inputValue() })).toBe(200);
    await row(page, "Nightly").getByText("Revoke", { exact: true }).click();
    await page.getByRole("button", { name: "Revoke client" }).click();
    await expect(page.getByText("There are no API clients yet.")).toBeVisible();
  });
});

test("the page about the API has every call, and runs no script", async ({ page }) => {
  await page.goto("/docs/api");
  await expect(page.getByRole("heading", { name: "Management API", level: 1 })).toBeVisible();
  for (const call of ["POST /oauth/token", "POST /api/v2/jobs/users-exports", "GET /api/v2/users"]) {
    await expect(page.getByRole("heading", { name: call, exact: true })).toBeVisible();
  }
  expect(await page.locator("script").count()).toBe(0);
});

function row(page: Page, name: string) {
  return page.getByRole("row").filter({ has: page.getByRole("cell", { name, exact: true }) });
}

async function create(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create client" }).click();
}

/** The status of the answer to a request for a token. */
async function token(url: string, { id, secret }: { id: string; secret: string }): Promise<number> {
  const context = await request.newContext();
  const form = { grant_type: "client_credentials", client_id: id, client_secret: secret };
  const answer = await context.post(`${url}/oauth/token`, { form });
  await context.dispose();
  return answer.status();
}
