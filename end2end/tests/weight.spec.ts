import { type Page } from "@playwright/test";
import { beSignedIn, visit } from "./support/browsing.ts";
import { EXPORT_PATH } from "./support/export-form.ts";
import { IMPORT_PATH } from "./support/import-form.ts";
import { completeSample, jobPath } from "./support/jobs.ts";
import { PROFILE_PATH } from "./support/profile.ts";
import { expect, test } from "./support/test.ts";

/** What a first visit may load of scripts and WebAssembly, in bytes as they are sent: what it loads now, and 3 % of room. */
const BUDGETS = {
  "/sign-in": 253_000,
  "/users": 283_000,
  "/users/import-export": 322_000,
  [EXPORT_PATH]: 331_000,
  [IMPORT_PATH]: 313_000,
  "/activity": 276_000,
  "/settings/members": 287_000,
  "/settings/clients": 286_000,
  [PROFILE_PATH]: 266_000,
};
const JOB_BUDGET = 335_000;

for (const [path, budget] of Object.entries(BUDGETS)) {
  test(`a first visit to ${path} loads few scripts and little WebAssembly`, async ({ page }) => {
    if (path !== "/sign-in") await beSignedIn(page, "admin");
    expectLight(await loadedBy(page, path), budget);
  });
}

test("a first visit to a job loads few scripts and little WebAssembly", async ({ page }) => {
  await beSignedIn(page, "viewer");
  const id = await completeSample(page);
  expectLight(await loadedBy(page, jobPath(id)), JOB_BUDGET);
});

interface Loaded {
  url: string;
  bytes: number;
}

function expectLight(loaded: Loaded[], budget: number): void {
  const sum = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
  const list = loaded.map(({ url, bytes }) => `${bytes} ${url}`).join("\n");
  expect(sum, list).toBeLessThanOrEqual(budget);
  // All of it is compressed, and nothing is loaded twice, as a preload would be that is of no use.
  expect(sum, list).toBeGreaterThan(100_000);
  expect(new Set(loaded.map(({ url }) => url)).size, list).toBe(loaded.length);
}

/** The scripts and the WebAssembly that a page loads, and how many bytes of each came. */
async function loadedBy(page: Page, path: string): Promise<Loaded[]> {
  const loaded: Loaded[] = [];
  const session = await page.context().newCDPSession(page);
  const urls = new Map<string, string>();
  await session.send("Network.enable");
  await session.send("Network.clearBrowserCache");
  session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, response.url));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const url = urls.get(requestId) ?? "";
    // What the browser takes from a preload or its cache has no bytes.
    if (/\/pkg\/.*\.(js|wasm)$/.test(url) && encodedDataLength > 0) loaded.push({ url, bytes: encodedDataLength });
  });
  await visit(page, path);
  return loaded;
}
