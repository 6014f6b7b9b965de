import { type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, visit } from "./support/browsing.ts";
import { JOBS_PATH } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

// The WebAssembly comes in parts; an update of the server takes those of the release before away.

test.beforeEach(async ({ page }) => {
  await beSignedIn(page, "viewer");
  await visit(page, "/users");
  await forbidReloads(page);
});

test("a page in another part comes without a reload", async ({ page }) => {
  await goToJobs(page);
  await expectNoReload(page);
});

test("a page whose part is gone is loaded by the browser, and leads on", async ({ page, troubles }) => {
  troubles.announce(/failed: GET .*split_jobs/, /console error/, /page error: TypeError: Failed to fetch/);
  await page.route("**/pkg/split_jobs*", (route) => route.abort("failed"));
  await goToJobs(page);
  expect(await page.evaluate(() => window.sameDocument), "the page was loaded anew").toBeUndefined();

  await page.getByRole("link", { name: "Back to Users" }).click();
  await expect(page.getByRole("heading", { name: "Users", exact: true })).toBeVisible();
  await expect(page).toHaveURL("/users");
});

async function goToJobs(page: Page): Promise<void> {
  await page.locator(`a[href="${JOBS_PATH}"]`).first().click();
  await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
  await expect(page).toHaveURL(JOBS_PATH);
}
