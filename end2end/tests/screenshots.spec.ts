import { type Page } from "@playwright/test";
import { join, resolve } from "node:path";
import { expect, test } from "./support/test.ts";
import { TOUR } from "./support/tour.ts";

/** For people to look at: nothing is compared. */
const FOLDER = resolve(import.meta.dirname, "../../target/screenshots");

for (const { name, options = {}, show } of TOUR) {
  test.describe(() => {
    test.use({ serverOptions: options });

    test(`${name} fits wide and narrow screens`, async ({ page, server, troubles }) => {
      await show({ page, server, troubles });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        for (const width of [1280, 390]) {
          await page.setViewportSize({ width, height: 844 });
          await expectNoSidewaysScrolling(page);
          await showWhole(page, width);
          await page.screenshot({ path: join(FOLDER, `${name}-${width}-${colorScheme}.png`) });
        }
      }
    });
  });
}

async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  const { content, window } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { content: scrollWidth, window: clientWidth };
  });
  expect(content, "the content is no wider than the window").toBeLessThanOrEqual(window);
}

/** Makes the window as high as the page, so that what sticks to the window is where it belongs. */
async function showWhole(page: Page, width: number): Promise<void> {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height });
}
