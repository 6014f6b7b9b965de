import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { type Locator, type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, signIn, visit } from "./support/browsing.ts";
import { EXPORT_PATH, ExportForm } from "./support/export-form.ts";
import { IMPORT_PATH, ImportForm, expectFigures, usersWithBroken, writtenFile } from "./support/import-form.ts";
import { JOBS_PATH, completeSample, detail, downloadBy, jobControls, jobPath, jobRows } from "./support/jobs.ts";
import { USERS, expect, test } from "./support/scaled.ts";

/** A number as pages show it. */
const shown = (number: number) => number.toLocaleString("en-US");

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });
    const open = (page: Page, address: string) => (javaScriptEnabled ? visit(page, address) : page.goto(address));

    test("a session of one server counts at the other, and ends at both", async ({ page, first, second }) => {
      await open(page, first.url);
      await signIn(page, "viewer");
      await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
      await open(page, second.url);
      await expect(page.getByRole("region", { name: "Account" })).toContainText("viewer@acme.test");
      await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
      await open(page, `${first.url}/users`);
      await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    });

    test("an export that one server took is seen to end, and downloaded, at the other", async ({ page, scaled, second }) => {
      await open(page, "/");
      await signIn(page, "viewer");
      await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
      // It does not end before the page is there.
      scaled.stores.bucket.standStill(true);
      const job = await submitExport(page, open);
      await open(page, second.url + jobPath(job));
      const heading = page.getByRole("heading", { level: 1 });
      if (javaScriptEnabled) {
        await forbidReloads(page);
        await expect(heading).toContainText("Processing");
        scaled.stores.bucket.standStill(false);
        await expect(heading).toContainText("Completed", { timeout: 20_000 });
        await expectNoReload(page);
      } else {
        await expect(heading).not.toContainText("Completed");
        scaled.stores.bucket.standStill(false);
        await expect(async () => {
          await jobControls(page).checkStatus.click();
          await expect(heading).toContainText("Completed", { timeout: 500 });
        }).toPass();
      }
      await expectFile(page, second.url);
    });

    test("a server that redirects sends whoever downloads to the bucket", async ({ page, scaled }) => {
      // The first server does not.
      const redirecting = await scaled.serve("--download-redirect");
      await beSignedIn(page, "viewer");
      const job = await submitExport(page, open);
      await expect(async () => {
        await open(page, redirecting.url + jobPath(job));
        await expect(page.getByRole("heading", { level: 1 })).toContainText("Completed", { timeout: 500 });
      }).toPass();
      await expectFile(page, scaled.stores.bucket.endpoint);
    });
  });
}

test("a file that one server took is imported before the eyes of whoever is at the other", async ({ page, context, second }) => {
  const { text, broken } = usersWithBroken(2_000);
  await beSignedIn(page, "editor");
  const other = await context.newPage();
  await visit(other, second.url + JOBS_PATH);
  await forbidReloads(other);

  await visit(page, IMPORT_PATH);
  const form = new ImportForm(page);
  await form.fill(writtenFile("customers.ndjson", text));
  await form.submit.click();
  await expect(page).toHaveURL(/\/jobs\/job_/);
  const row = rowOf(other, page.url().split("/").at(-1)!);
  await expect(row).toContainText("Import users", { timeout: 20_000 });
  await expect(row).toContainText("Completed");
  await jobControls(row).moreInfo.click();
  const figures = { "Users read": "2,000", Inserted: shown(2_000 - broken), Failed: shown(broken) };
  await expectFigures(other, figures);
  await expectNoReload(other);
  await expectFigures(page, figures);
});

test("an export whose worker is killed is taken up by another one, and its page says so", async ({ page, scaled, second }) => {
  await beSignedIn(page, "viewer");
  // So that the worker is at it for as long as it takes to kill it.
  scaled.stores.bucket.standStill(true);
  const job = await submitExport(page, visit);
  await visit(page, second.url + jobPath(job));
  await forbidReloads(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Processing");
  await expect(detail(page, "Attempts")).toHaveText("1");
  await scaled.killWorkerOf(job);
  const attempts = "2: the server was interrupted and began anew, because nothing was safe yet";
  await expect(detail(page, "Attempts")).toHaveText(attempts, { timeout: 20_000 });
  scaled.stores.bucket.standStill(false);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Completed", { timeout: 30_000 });
  await expect(detail(page, "Attempts")).toHaveText(attempts);
  await expectNoReload(page);
  await expectFile(page, second.url);
});

test("when a server stops, the other goes on with its sessions and its jobs", async ({ page, first, second }) => {
  await visit(page, "/");
  await signIn(page, "viewer");
  await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
  const job = await submitExport(page, visit);
  expect(await first.process.stop()).toBe(0);

  await visit(page, second.url + jobPath(job));
  await expect(page.getByRole("region", { name: "Account" })).toContainText("viewer@acme.test");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Completed");
  await jobControls(page).exportAgain.click();
  await new ExportForm(page).submit.click();
  await expect(jobRows(page).first()).toContainText("Completed");
});

test("Activity at one server shows what was done at the other", async ({ page, second }) => {
  await beSignedIn(page, "viewer");
  const job = await completeSample(page);
  await beSignedIn(page, "admin");
  await visit(page, `${second.url}/activity`);
  const entry = (action: string) =>
    page
      .getByRole("table", { name: "Activity" })
      .getByRole("row")
      .filter({ has: page.locator('[data-label="Action"]', { hasText: action }) })
      .first();
  await expect(entry("Signed in")).toContainText("admin@acme.test");
  await expect(entry("Export completed")).toContainText("System");
  await expect(entry("Export submitted")).toContainText("viewer@acme.test");
  for (const action of ["Export completed", "Export submitted"]) {
    await expect(entry(action).locator('[data-label="Job"]').getByRole("link")).toHaveAttribute("href", jobPath(job));
  }
});

/** The row of a job in the table of jobs. */
function rowOf(page: Page, job: string): Locator {
  return jobRows(page).filter({ has: page.locator(`[href$="${jobPath(job)}"]`) });
}

/** Exports all users as JSON by the form of the first server, and gives back the job's id. */
async function submitExport(page: Page, open: (page: Page, address: string) => Promise<unknown>): Promise<string> {
  await open(page, EXPORT_PATH);
  const form = new ExportForm(page);
  await form.connection.selectOption("Partner-Portal");
  await form.submit.click();
  const address = await jobControls(jobRows(page).first()).moreInfo.getAttribute("href");
  return address!.split("/").at(-1)!;
}

/** On a job's page: what is downloaded comes from `origin`, is what the page says that it is, and has all users. */
async function expectFile(page: Page, origin: string): Promise<void> {
  const rows = Number((await detail(page, "Rows written").innerText()).replaceAll(",", ""));
  expect(rows).toBeGreaterThanOrEqual(USERS);
  const compressed = await downloadBy(page, page.getByRole("button", { name: "Download .gz file" }));
  expect(new URL(compressed.url()).origin).toBe(origin);
  expect(compressed.suggestedFilename()).toBe("acme.json.gz");
  const bytes = await readFile(await compressed.path());
  await expect(detail(page, "SHA-256 of the .gz file")).toHaveText(createHash("sha256").update(bytes).digest("hex"));
  const text = gunzipSync(bytes);
  expect(text.toString("utf8").split("\n").length - 1).toBe(rows);

  const plain = await downloadBy(page, jobControls(page).download);
  expect(new URL(plain.url()).origin).toBe(origin);
  expect(plain.suggestedFilename()).toBe("acme.json");
  expect(text.equals(await readFile(await plain.path())), "both downloads are the same").toBe(true);
}
