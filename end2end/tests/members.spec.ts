import { type BrowserContext, type Locator, type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, signIn, visit } from "./support/browsing.ts";
import type { Server } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

const MEMBERS = "/settings/members";
const PASSWORD = "long enough for anyone";

test("an Admin invites a member, who joins by the link, once", async ({ page, browser, server }) => {
  await beSignedIn(page, "admin");
  await visit(page, "/users");
  await page.getByRole("link", { name: "Members" }).click();
  await expect(page.getByRole("heading", { name: "Members", level: 1 })).toBeVisible();
  await forbidReloads(page);
  await invite(page, "Ann@acme.test", "Editor - Users");
  const link = page.getByLabel("Invitation link");
  await expect(link).toBeFocused();
  await expect(page.getByRole("status").filter({ hasText: "ann@acme.test" })).toContainText("It works once, until");
  await expect(page.getByLabel("Email")).toHaveValue("");
  await expect(invitations(page)).toContainText("ann@acme.testEditor - Users");
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.getByText("Copied.")).toBeVisible();
  await expectNoReload(page);
  const address = await link.inputValue();
  expect(address.startsWith(`${server.url}/invitation?token=`), address).toBe(true);
  expect(page.url(), "the secret is in no address").not.toContain("token");
  expect(server.log, "nor in the log").not.toContain(new URL(address).searchParams.get("token"));

  const ann = await browser.newPage();
  await ann.goto(address);
  await expect(ann.getByRole("heading", { name: "Join Muster" })).toBeVisible();
  await expect(ann.getByRole("main")).toContainText("tenant acme as ann@acme.test with the role Editor - Users");
  const password = ann.getByLabel("Password");
  await password.fill(PASSWORD);
  await ann.getByRole("button", { name: "Show password" }).click();
  await expect(password).toHaveAttribute("type", "text");
  await ann.getByRole("button", { name: "Join" }).click();
  await expect(ann.getByRole("region", { name: "Account" })).toContainText("ann@acme.testEditor - Users");
  await ann.goto(address);
  await expect(ann.getByRole("alert")).toContainText("This invitation does not work, or no longer");
  await ann.close();

  await visit(page, MEMBERS);
  await expect(row(page, "ann@acme.test")).toContainText("Active");
  await expect(page.getByText("There are no open invitations.")).toBeVisible();
});

test("what is wrong with an invitation is told at its field", async ({ page, troubles }) => {
  troubles.announce(422);
  await beSignedIn(page, "admin");
  await visit(page, MEMBERS);
  const email = page.getByLabel("Email");
  await page.getByRole("button", { name: "Create invitation link" }).click();
  await expect(email).toHaveAccessibleDescription('"" is not an e-mail address.');
  await expect(email).toBeFocused();
  await invite(page, "viewer@acme.test", "Admin");
  await expect(email).toHaveAccessibleDescription("viewer@acme.test is a member already.");
  await invite(page, "ann@acme.test", "Admin");
  await expect(page.getByLabel("Invitation link")).toBeVisible();
  await expect(email).not.toHaveAttribute("aria-invalid");
});

test("a revoked invitation is gone", async ({ page, browser }) => {
  await beSignedIn(page, "admin");
  await visit(page, MEMBERS);
  await invite(page, "ann@acme.test", "Admin");
  const address = await page.getByLabel("Invitation link").inputValue();
  await invitations(page).getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("There are no open invitations.")).toBeVisible();
  await expect(page.getByText("The invitation was revoked.")).toBeVisible();
  const ann = await browser.newPage();
  expect((await ann.goto(address))?.status()).toBe(404);
  await expect(ann.getByRole("alert")).toContainText("Ask an Admin of the tenant for a new one.");
  await ann.close();
});

test("roles are changed, members disabled, enabled and removed, without a reload", async ({ page, browser, server }) => {
  const other = await signedInElsewhere(await browser.newContext(), server);
  await beSignedIn(page, "admin");
  await visit(page, MEMBERS);
  await forbidReloads(page);
  const viewer = row(page, "viewer@acme.test");
  await viewer.getByLabel("Role of viewer@acme.test").selectOption("Editor - Users");
  await viewer.getByRole("button", { name: "Save role" }).click();
  await expect(announcement(page)).toHaveText("viewer@acme.test has the role Editor - Users.");
  await expect(viewer.getByRole("button", { name: "Save role" })).toBeFocused();

  const disable = viewer.getByRole("button", { name: "Disable member" });
  await expect(disable, "it asks first").toBeHidden();
  await viewer.getByText("Disable", { exact: true }).click();
  await expect(viewer).toContainText("viewer@acme.test can't sign in any more.");
  await disable.click();
  await expect(viewer).toContainText("Disabled");
  await expect(announcement(page)).toHaveText("viewer@acme.test is disabled.");
  await other.getByRole("link", { name: "Import/Export Users" }).click();
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();

  await viewer.getByRole("button", { name: "Enable" }).click();
  await expect(viewer).toContainText("Active");
  await signIn(other, "viewer");
  await expect(other.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();

  await viewer.getByText("Remove", { exact: true }).click();
  await viewer.getByRole("button", { name: "Remove member" }).click();
  await expect(viewer).toBeHidden();
  await expect(page.getByRole("heading", { name: "Members", level: 1 })).toBeFocused();
  await expectNoReload(page);
  await other.goto("/users");
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await other.context().close();
});

test("the last Admin stays, whatever they do to themselves", async ({ page, troubles }) => {
  troubles.announce(409);
  await beSignedIn(page, "admin");
  await visit(page, MEMBERS);
  const admin = row(page, "admin@acme.test");
  await expect(admin).toContainText("(you)");
  const role = admin.getByLabel("Role of admin@acme.test");
  await role.selectOption("Viewer - Config");
  await admin.getByRole("button", { name: "Save role" }).click();
  await expect(page.getByRole("alert")).toHaveText(
    "admin@acme.test is the last active Admin: make another member Admin first.",
  );
  await expect(role.locator("option:checked"), "it shows the role that they have").toHaveText("Admin");
  for (const what of ["Disable", "Remove"]) {
    await admin.getByText(what, { exact: true }).click();
    await admin.getByRole("button", { name: `${what} member` }).click();
    await expect(page.getByRole("alert")).toContainText("last active Admin");
  }
  await expect(admin).toContainText("Active");
});

test("an Admin who is demoted while the page is open learns it at the next change", async ({ page, server, troubles }) => {
  troubles.announce(403);
  server.muster("member", "set-role", "editor@acme.test", "admin");
  await beSignedIn(page, "admin");
  await visit(page, MEMBERS);
  server.muster("member", "set-role", "admin@acme.test", "viewer-config");
  const viewer = row(page, "viewer@acme.test");
  await viewer.getByRole("button", { name: "Save role" }).click();
  await expect(page.getByRole("heading", { name: "Your role does not allow this" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Account" })).toContainText("Viewer - Config");
  await expect(page.getByRole("link", { name: "Members" })).toBeHidden();
});

test("another Admin who is disabled while the page is open has to sign in", async ({ page, server, troubles }) => {
  troubles.announce(401);
  server.muster("member", "set-role", "editor@acme.test", "admin");
  await beSignedIn(page, "admin");
  await visit(page, MEMBERS);
  server.muster("member", "disable", "admin@acme.test");
  await invite(page, "ann@acme.test", "Admin");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("an Admin signs a member out, here and everywhere", async ({ page, browser, server }) => {
  const [one, two] = [await browser.newContext(), await browser.newContext()];
  const first = await signedInElsewhere(one, server);
  const second = await signedInElsewhere(two, server);
  await beSignedIn(page, "admin");
  await visit(page, MEMBERS);
  await page.getByRole("link", { name: "viewer@acme.test" }).click();
  await expect(page.getByRole("heading", { name: "viewer@acme.test", level: 1 })).toBeVisible();
  const sessions = page.getByRole("table", { name: "Sessions" }).locator("tbody tr");
  await expect(sessions).toHaveCount(2);
  await expect(sessions.first()).toContainText(/Chrom(e|ium) on \w+/);
  await expect(sessions.first()).toContainText("127.0.0.1");
  await sessions.first().getByRole("button", { name: "Sign out" }).click();
  await expect(sessions).toHaveCount(1);
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(page.getByRole("heading", { name: "No sessions" })).toBeVisible();
  for (const elsewhere of [first, second]) {
    await elsewhere.reload();
    await expect(elsewhere.getByRole("heading", { name: "Sign in" })).toBeVisible();
  }
  await Promise.all([one.close(), two.close()]);
});

test("everybody sees their sessions and ends the others", async ({ page, browser, server }) => {
  const other = await browser.newContext();
  const elsewhere = await signedInElsewhere(other, server);
  await beSignedIn(page, "viewer");
  await visit(page, "/profile/sessions");
  await expect(page.getByRole("heading", { name: "Your sessions" })).toBeVisible();
  const sessions = page.getByRole("table", { name: "Sessions" }).locator("tbody tr");
  await expect(sessions).toHaveCount(2);
  const current = sessions.filter({ hasText: "This session" });
  await expect(current).toHaveCount(1);
  await expect(current.getByRole("button")).toHaveCount(0);
  await page.getByRole("button", { name: "Sign out of all other sessions" }).click();
  await expect(sessions).toHaveCount(1);
  await expect(sessions).toContainText("This session");
  await elsewhere.reload();
  await expect(elsewhere.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await other.close();
});

test("only Admins find the page Members", async ({ page, troubles }) => {
  troubles.announce(403);
  for (const member of ["editor", "viewer", "config"] as const) {
    await beSignedIn(page, member);
    expect((await page.goto(MEMBERS))?.status()).toBe(403);
    await expect(page.getByRole("heading", { name: "Your role does not allow this" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Members" })).toHaveCount(0);
  }
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a member is invited, joins, and is managed", async ({ page, browser, troubles }) => {
    troubles.announce(422);
    await beSignedIn(page, "admin");
    await page.goto(MEMBERS);
    await invite(page, "nobody", "Editor - Users");
    await expect(page.getByLabel("Email")).toHaveAccessibleDescription('"nobody" is not an e-mail address.');
    await expect(page.getByLabel("Email")).toHaveValue("nobody");
    await expect(page.getByLabel("Role", { exact: true }).locator("option:checked")).toHaveText("Editor - Users");
    await invite(page, "ann@acme.test", "Editor - Users");
    const address = await page.getByLabel("Invitation link").inputValue();
    expect(page.url()).not.toContain("token");
    await page.goto(MEMBERS);
    await expect(page.getByLabel("Invitation link")).toHaveCount(0);
    await expect(invitations(page)).toContainText("ann@acme.test");

    const context = await browser.newContext({ javaScriptEnabled: false });
    const ann = await context.newPage();
    await ann.goto(address);
    await ann.getByLabel("Password").evaluate((input) => input.removeAttribute("minlength"));
    await ann.getByLabel("Password").fill("short");
    await ann.getByRole("button", { name: "Join" }).click();
    await expect(ann.getByRole("alert")).toHaveText("The password needs at least 8 characters.");
    await ann.getByLabel("Password").fill(PASSWORD);
    await ann.getByRole("button", { name: "Join" }).click();
    await expect(ann.getByRole("region", { name: "Account" })).toContainText("ann@acme.testEditor - Users");

    await page.goto(MEMBERS);
    const row = page.getByRole("row").filter({ hasText: "ann@acme.test" });
    await row.getByLabel("Role of ann@acme.test").selectOption("Admin");
    await row.getByRole("button", { name: "Save role" }).click();
    await expect(row.getByLabel("Role of ann@acme.test").locator("option:checked")).toHaveText("Admin");
    await row.getByText("Disable", { exact: true }).click();
    await row.getByRole("button", { name: "Disable member" }).click();
    await expect(row).toContainText("Disabled");
    await ann.reload();
    await expect(ann.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await row.getByRole("button", { name: "Enable" }).click();
    await expect(row).toContainText("Active");
    await row.getByText("Remove", { exact: true }).click();
    await row.getByRole("button", { name: "Remove member" }).click();
    await expect(row).toHaveCount(0);
    await context.close();
  });

  test("the last Admin stays, and the next change takes the message away", async ({ page }) => {
    await beSignedIn(page, "admin");
    await page.goto(MEMBERS);
    const admin = row(page, "admin@acme.test");
    await admin.getByText("Remove", { exact: true }).click();
    await admin.getByRole("button", { name: "Remove member" }).click();
    await expect(page.getByRole("alert")).toContainText("admin@acme.test is the last active Admin");
    await row(page, "viewer@acme.test").getByRole("button", { name: "Save role" }).click();
    await expect(page.getByRole("alert")).toHaveCount(0);
  });

  test("sessions are ended", async ({ page, browser, server }) => {
    const other = await browser.newContext();
    await signedInElsewhere(other, server);
    await beSignedIn(page, "viewer");
    await page.goto("/profile/sessions");
    const sessions = page.getByRole("table", { name: "Sessions" }).locator("tbody tr");
    await expect(sessions).toHaveCount(2);
    await sessions.getByRole("button", { name: "Sign out" }).click();
    await expect(sessions).toHaveCount(1);
    await beSignedIn(page, "admin");
    await page.goto(MEMBERS);
    await page.getByRole("table").getByRole("link", { name: "admin@acme.test" }).click();
    await expect(sessions).toContainText("This session");
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await other.close();
  });
});

/** The row of the table Members. */
function row(page: Page, email: string): Locator {
  return page.getByRole("table", { name: "Members" }).getByRole("row").filter({ hasText: email });
}

function invitations(page: Page): Locator {
  return page.getByRole("table", { name: "Open invitations" }).locator("tbody");
}

/** What is read out after a change. */
function announcement(page: Page): Locator {
  return page.getByRole("main").locator("p.announcement");
}

async function invite(page: Page, email: string, role: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Role", { exact: true }).selectOption(role);
  await page.getByRole("button", { name: "Create invitation link" }).click();
}

/** A page of another browser, where the viewer is signed in. */
async function signedInElsewhere(context: BrowserContext, server: Server): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-in`);
  await signIn(page, "viewer");
  await expect(page.getByRole("heading", { name: "Users", exact: true })).toBeVisible();
  return page;
}
