import { type Locator, type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, signIn, visit } from "./support/browsing.ts";
import { completeSample, downloadBy, jobPath, textOf } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

const PATH = "/activity";

/** The rows of the table of entries, the newest first. */
function entries(page: Page): Locator {
  const rows = page.getByRole("table", { name: "Activity" }).getByRole("row");
  return rows.filter({ hasNot: page.getByRole("columnheader") });
}

/** The cell of an entry below a column's head. */
function cell(row: Locator, column: string): Locator {
  return row.locator(`[data-label="${column}"]`);
}

/** More entries than a page has, all of the viewer's. */
async function fillPages(page: Page): Promise<void> {
  for (let count = 0; count < 30; count += 1) {
    await beSignedIn(page, "viewer");
    await page.request.post("/rpc/sign_out", { headers: { accept: "application/json" } });
  }
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });
    const open = (page: Page, path: string) => (javaScriptEnabled ? visit(page, path) : page.goto(path));

    test("an Admin sees who exported what", async ({ page }) => {
      await beSignedIn(page, "viewer");
      const job = await completeSample(page);
      await beSignedIn(page, "admin");
      await open(page, "/users");
      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Activity" }).click();
      await expect(page.getByRole("heading", { name: "Activity", level: 1 })).toBeVisible();

      const [signedIn, completed, submitted] = [entries(page).nth(0), entries(page).nth(1), entries(page).nth(2)];
      await expect(cell(signedIn, "Who")).toHaveText("admin@acme.test");
      await expect(cell(signedIn, "Action")).toHaveText("Signed in");
      await expect(cell(signedIn, "Address")).toHaveText("127.0.0.1");
      await expect(cell(completed, "Who")).toHaveText("System");
      await expect(cell(completed, "Details")).toContainText("Rows 10");
      const sha256 = await cell(completed, "Details").locator("li code").getAttribute("title");
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      await cell(completed, "Details").getByText("More").click();
      await expect(cell(completed, "Details").getByRole("definition").filter({ hasText: sha256! })).toBeVisible();
      await expect(cell(submitted, "Who")).toHaveText("viewer@acme.test");
      await expect(cell(submitted, "Details")).toContainText("Connection All connections");
      await cell(submitted, "Details").getByText("More").click();
      await expect(cell(submitted, "Details").getByText("as “connection”")).toBeVisible();
      await cell(submitted, "Job").getByRole("link").click();
      await expect(page).toHaveURL(new RegExp(`${jobPath(job)}$`));
    });

    test("filters are kept in the address, and cleared", async ({ page }) => {
      await beSignedIn(page, "viewer");
      await beSignedIn(page, "admin");
      await open(page, PATH);
      await page.getByLabel("Member").fill("viewer@acme.test");
      await page.getByLabel("Action").selectOption("Signed in");
      const today = new Date().toISOString().slice(0, 10);
      await page.getByLabel("From").fill(today);
      await page.getByRole("button", { name: "Filter" }).click();
      await expect(page).toHaveURL(/member=viewer%40acme.test&action=signed_in&from=/);
      await expect(entries(page)).toHaveCount(1);
      await expect(cell(entries(page).first(), "Who")).toHaveText("viewer@acme.test");
      await expect(page.getByLabel("Member")).toHaveValue("viewer@acme.test");
      await expect(page.getByLabel("Action").locator("option:checked")).toHaveText("Signed in");
      await expect(page.getByLabel("From")).toHaveValue(today);

      await page.getByLabel("Action").selectOption("Downloaded");
      await page.getByRole("button", { name: "Filter" }).click();
      await expect(page.getByRole("heading", { name: "No entries match" })).toBeVisible();
      await page.getByRole("link", { name: "Clear filters" }).click();
      await expect(page).toHaveURL(new RegExp(`${PATH}$`));
      await expect(page.getByLabel("Member")).toHaveValue("");
      await expect(page.getByLabel("Action").locator("option:checked")).toHaveText("All actions");
      await expect(cell(entries(page).first(), "Who")).toHaveText("admin@acme.test");
    });

    test("a day that the calendar does not have is refused at its field", async ({ page, troubles }) => {
      troubles.announce(422);
      await beSignedIn(page, "admin");
      await open(page, `${PATH}?from=2027-02-29`);
      await expect(page.getByLabel("From")).toHaveAccessibleDescription(/Write a day of the calendar like 2026-11-23\./);
      await expect(page.getByLabel("From")).toHaveAttribute("aria-invalid", "true");
      await expect(page.getByLabel("To")).not.toHaveAttribute("aria-invalid");
      await expect(page.getByRole("table", { name: "Activity" })).toBeHidden();
    });

    test("pages lead to older entries and back", async ({ page }) => {
      await fillPages(page);
      await beSignedIn(page, "admin");
      await open(page, `${PATH}?member=viewer@acme.test`);
      await expect(entries(page)).toHaveCount(50);
      await expect(page.getByRole("link", { name: "Newer" })).toBeHidden();
      const newest = await entries(page).first().locator("summary").getAttribute("aria-label");
      await page.getByRole("link", { name: "Older" }).click();
      await expect(page).toHaveURL(/member=viewer%40acme.test&page=older-/);
      await expect(entries(page)).toHaveCount(10);
      await expect(page.getByRole("link", { name: "Older" })).toBeHidden();
      await page.getByRole("link", { name: "Newer" }).click();
      await expect(entries(page)).toHaveCount(50);
      await expect(entries(page).first().locator("summary")).toHaveAttribute("aria-label", newest!);
    });

    test("what is shown is exported, and the export is recorded", async ({ page }) => {
      await beSignedIn(page, "viewer");
      await beSignedIn(page, "admin");
      await open(page, `${PATH}?member=viewer@acme.test`);
      const download = await downloadBy(page, page.getByRole("button", { name: "Export as NDJSON" }));
      expect(download.suggestedFilename()).toBe("activity.ndjson");
      const lines = (await textOf(download)).trimEnd().split("\n").map((line) => JSON.parse(line));
      expect(lines.map(({ member_email, action }) => `${member_email} ${action}`)).toEqual(["viewer@acme.test signed_in"]);
      expect(lines[0].hash).toMatch(/^[0-9a-f]{64}$/);
      await open(page, PATH);
      await expect(cell(entries(page).first(), "Action")).toHaveText("Activity exported");
      await expect(cell(entries(page).first(), "Details")).toContainText("Member viewer@acme.test");
    });
  });
}

test("filtering does not reload the page", async ({ page }) => {
  await beSignedIn(page, "admin");
  await visit(page, PATH);
  await forbidReloads(page);
  await page.getByLabel("Member").fill("nobody@acme.test");
  await page.getByLabel("Member").press("Enter");
  await expect(page.getByRole("heading", { name: "No entries match" })).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(entries(page).first()).toBeVisible();
  await expectNoReload(page);
});

test("only Admins find the page", async ({ page, troubles }) => {
  troubles.announce(403);
  await beSignedIn(page, "editor");
  await visit(page, "/users");
  await expect(page.getByRole("link", { name: "Activity" })).toHaveCount(0);
  await page.goto(PATH);
  await expect(page.getByRole("heading", { name: "Your role does not allow this" })).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
});

test("refused sign-ins show the account that was tried, and nothing else that was typed", async ({ page, troubles }) => {
  troubles.announce(401);
  await visit(page, "/sign-in");
  await signIn(page, "viewer", "not the password");
  await expect(page.getByRole("alert")).toBeVisible();
  await beSignedIn(page, "admin");
  await visit(page, `${PATH}?action=sign_in_refused`);
  await expect(cell(entries(page), "Who")).toHaveText("Nobody signed in");
  await expect(cell(entries(page), "Details")).toContainText("Account viewer@acme.test");
  await expect(cell(entries(page), "Details")).toContainText("Reason Wrong password");
  await expect(page.getByRole("main")).not.toContainText("not the password");
});
