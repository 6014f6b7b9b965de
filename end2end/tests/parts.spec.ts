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

test("a page names the files of its part, however many ask at once", async ({ page }) => {
  const ask = async (path: string) => (await page.request.get(path)).text();
  for (const [path, part] of Object.entries({ "/users": "users", [JOBS_PATH]: "jobs", "/profile": "account" })) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(path)));
    const named = answers.map((html) => [...html.matchAll(/<link [^>]*href="\/pkg\/([^".]+)\.[^"]*\.wasm"/g)].map(([, name]) => name));
    for (const names of named) expect(names, path).toContain(`split_${part}`);
    expect(new Set(named.map((names) => names.sort().join())).size, path).toBe(1);
  }
});

async function goToJobs(page: Page): Promise<void> {
  await page.locator(`a[href="${JOBS_PATH}"]`).first().click();
  await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
  await expect(page).toHaveURL(JOBS_PATH);
}
