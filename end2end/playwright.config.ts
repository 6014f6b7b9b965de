import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { defineConfig, devices } from "@playwright/test";

/** The system's Chromium: Playwright's own browser download needs servers that a closed network doesn't reach. */
function chromiumPath(): string {
  const named = process.env["CHROMIUM_PATH"];
  if (named) return named;
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (!found) throw new Error("No Chromium found: install it (Debian: chromium), or name it in CHROMIUM_PATH.");
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Each test file starts the servers it needs (see tests/), so there is no webServer entry.
export default defineConfig({
  testDir: "tests",
  outputDir: "../target/playwright",
  forbidOnly: !!process.env["CI"],
  // On a CI machine others may be at work: what passes the second time is told to be flaky, and does not stop the rest.
  retries: process.env["CI"] ? 1 : 0,
  workers: 2,
  reporter: "list",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Ends a run that hangs, well before a CI service would.
  globalTimeout: 30 * 60_000,
  use: {
    ...devices["Desktop Chrome"],
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromiumPath(),
      args: [
        // Chromium's own sandbox needs privileges that containers and root don't have; only our own pages are opened.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        // Without these it calls servers of its maker, which a closed network refuses, many at a time.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
