import { AxeBuilder } from "@axe-core/playwright";
import { type Page } from "@playwright/test";
import { beSignedIn, visit } from "./support/browsing.ts";
import { EXPORT_PATH } from "./support/export-form.ts";
import { IMPORT_PATH } from "./support/import-form.ts";
import { JOBS_PATH, completeSample, jobPath } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";
import { TOUR } from "./support/tour.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const { name, options = {}, show } of TOUR) {
  test.describe(() => {
    test.use({ serverOptions: options });

    test(`${name} has no accessibility violations`, async ({ page, server, troubles }) => {
      await show({ page, server, troubles });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        for (const width of [1280, 390]) {
          await page.setViewportSize({ width, height: 800 });
          expect(await violations(page), `${colorScheme}, ${width} px`).toEqual([]);
        }
      }
    });
  });
}

test("every page can be skipped to its content by the keyboard", async ({ page }) => {
  await beSignedIn(page, "editor");
  const job = await completeSample(page);
  for (const path of ["/users", JOBS_PATH, EXPORT_PATH, IMPORT_PATH, jobPath(job)]) {
    await visit(page, path);
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to content" });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("main")).toBeFocused();
    await page.keyboard.press("Tab");
    await expect(page.getByRole("main").locator(":focus")).toBeVisible();
  }
});

test("a page that follows without a reload takes the focus and has its own title", async ({ page }) => {
  await beSignedIn(page, "viewer");
  await visit(page, "/users");
  await expect(page).toHaveTitle("Users · Muster");
  await page.getByRole("link", { name: "Import/Export Users" }).press("Enter");
  await expect(page).toHaveTitle("Import/Export Users · Muster");
  await expect(page.getByRole("main")).toBeFocused();
  await page.getByRole("button", { name: "Export Users" }).press("Enter");
  await expect(page).toHaveTitle("Export Users · Muster");
  await expect(page.getByRole("main")).toBeFocused();
});

/** Each broken rule with the elements that break it. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target).join(" | ")}`);
}
