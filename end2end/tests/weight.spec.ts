import { type Page } from "@playwright/test";
import { beSignedIn, visit } from "./support/browsing.ts";
import { EXPORT_PATH } from "./support/export-form.ts";
import { IMPORT_PATH } from "./support/import-form.ts";
import { completeSample, jobPath } from "./support/jobs.ts";
import { PROFILE_PATH } from "./support/profile.ts";
import { expect, test } from "./support/test.ts";

/** Twice what the smallest app of the framework, a counter, loads: the most for any page, in bytes. */
const MOST = 244_000;

/** What a first visit may load of scripts and WebAssembly, compressed, in bytes: what it loads now, and 3 % of room. */
const BUDGETS = {
  "/sign-in": 202_000,
  "/users": 225_000,
  "/users/import-export": 242_000,
  [EXPORT_PATH]: MOST,
  [IMPORT_PATH]: 233_000,
  "/activity": 211_000,
  "/settings/members": 229_000,
  "/settings/clients": 224_000,
  [PROFILE_PATH]: 211_000,
};
const JOB_BUDGET = MOST;

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

/** The scripts and the WebAssembly that a page loads, and how many bytes each is as it is sent, without headers. */
async function loadedBy(page: Page, path: string): Promise<Loaded[]> {
  const loaded: Loaded[] = [];
  const session = await page.context().newCDPSession(page);
  const sizes = new Map<string, Loaded>();
  await session.send("Network.enable");
  await session.send("Network.clearBrowserCache");
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const size = Object.entries(response.headers).find(([name]) => name.toLowerCase() === "content-length");
    sizes.set(requestId, { url: response.url, bytes: Number(size?.[1]) });
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const file = sizes.get(requestId);
    // What the browser takes from a preload or its cache has no bytes.
    if (file && /\/pkg\/.*\.(js|wasm)$/.test(file.url) && encodedDataLength > 0) loaded.push(file);
  });
  await visit(page, path);
  return loaded;
}
