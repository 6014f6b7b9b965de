import { type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, visit } from "./support/browsing.ts";
import { changeJobs, copyJobs, pretendProcessing } from "./support/database.ts";
import { ExportForm } from "./support/export-form.ts";
import { JOBS_PATH, completeSample, detail, downloadBy, jobControls, jobPath, jobRows, submitSample } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

const CANCELLED = "The export was cancelled. Cancelled by viewer@acme.test.";

test.beforeEach(async ({ page }) => beSignedIn(page, "viewer"));

test.describe("cancelling", () => {
  test("in the list ends the job without a reload, and the focus stays in its row", async ({ page, server }) => {
    await completeSample(page);
    pretendProcessing(server, 2_500, 10_000);
    await visit(page, JOBS_PATH);
    await forbidReloads(page);
    const row = jobRows(page).first();
    await jobControls(row).cancel.focus();
    await page.keyboard.press("Enter");
    await expect(row).toContainText("Cancelled by viewer@acme.test.");
    await expect(page.getByRole("status").filter({ hasText: CANCELLED })).toBeVisible();
    await expect(jobControls(row).cancel).toBeHidden();
    await expect(jobControls(row).checkStatus).toBeFocused();
    await expect(page.getByRole("progressbar")).toBeHidden();
    await expect(jobControls(row).download).toBeHidden();
    await expect(jobControls(row).exportAgain).toBeVisible();
    await expectNoReload(page);
  });

  test("in one tab is seen in the other", async ({ page, context, server }) => {
    const job = await completeSample(page);
    pretendProcessing(server, 2_500, 10_000);
    await visit(page, JOBS_PATH);
    const other = await context.newPage();
    await visit(other, jobPath(job));
    await forbidReloads(page);
    await forbidReloads(other);
    await jobControls(other).cancel.click();
    await expect(other.getByRole("heading", { level: 1 })).toContainText("Cancelled");
    await expect(other.getByText("There is no file. Export again opens the form")).toBeVisible();
    await expect(jobControls(other).checkStatus).toBeFocused();
    await expect(jobRows(page).first()).toContainText("Cancelled by viewer@acme.test.");
    await expectNoReload(page);
    await expectNoReload(other);
  });

  test("a job that ends by itself leaves the focus in its row too", async ({ page, server }) => {
    await completeSample(page);
    pretendProcessing(server, 2_500, 10_000);
    await visit(page, JOBS_PATH);
    const { cancel, checkStatus } = jobControls(jobRows(page).first());
    await cancel.focus();
    changeJobs(server, { status: "completed", rows_written: 10_000 });
    await expect(cancel).toBeHidden();
    await expect(checkStatus).toBeFocused();
  });

  test("too late says so, and shows how the job has ended", async ({ page, server, troubles }) => {
    troubles.announce(409);
    await completeSample(page);
    pretendProcessing(server, 1, 10);
    await visit(page, JOBS_PATH);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/rpc/list_jobs", async (route) => {
      await released;
      await route.continue();
    });
    // From here on the page knows no better.
    await page.waitForRequest("**/rpc/list_jobs");
    changeJobs(server, { status: "completed" });
    await jobControls(page).cancel.click();
    await expect(page.getByRole("alert")).toHaveText("This export is completed already: there is nothing left to cancel.");
    release();
    await expect(jobRows(page).first()).toContainText("Completed");
  });

  test("is pending on a slow network, and asked for once", async ({ page, server }) => {
    await completeSample(page);
    pretendProcessing(server, 1, 10);
    await visit(page, JOBS_PATH);
    let asked = 0;
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/rpc/cancel_job", async (route) => {
      asked += 1;
      await released;
      await route.continue();
    });
    const { cancel } = jobControls(page);
    await cancel.click();
    await expect(cancel).toHaveAttribute("aria-busy", "true");
    await cancel.click();
    release();
    await expect(cancel).toBeHidden();
    expect(asked).toBe(1);
  });

  test("is not offered for the job of another member to a viewer, but to an editor", async ({ page, server }) => {
    const job = await completeSample(page);
    pretendProcessing(server, 1, 10);
    changeJobs(server, { created_by: "admin@acme.test" });
    for (const path of [JOBS_PATH, jobPath(job)]) {
      await visit(page, path);
      await expect(page.getByRole("progressbar")).toBeVisible();
      await expect(jobControls(page).cancel).toBeHidden();
    }
    // The page asks all the time, and must not do so with the session that ends here.
    await page.goto("about:blank");
    await beSignedIn(page, "editor");
    await visit(page, JOBS_PATH);
    await jobControls(page).cancel.click();
    await expect(jobRows(page).first()).toContainText("Cancelled by editor@acme.test.");
  });
});

test("one's own jobs are shown by an address that is kept, and live", async ({ page, server }) => {
  await completeSample(page);
  changeJobs(server, { created_by: "editor@acme.test" });
  await visit(page, JOBS_PATH);
  await forbidReloads(page);
  const [all, mine] = [page.getByRole("link", { name: "All jobs", exact: true }), page.getByRole("link", { name: "My jobs" })];
  await expect(all).toHaveAttribute("aria-current", "true");
  await mine.press("Enter");
  await expect(page).toHaveURL(`${JOBS_PATH}?jobs=mine`);
  await expect(page.getByRole("heading", { name: "No jobs of yours" })).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "0 jobs shown." })).toBeVisible();
  await expect(mine).toHaveAttribute("aria-current", "true");
  await expect(all).not.toHaveAttribute("aria-current");
  await expect(mine).toBeFocused();

  await submitSample(page);
  await expect(jobRows(page)).toHaveCount(1, { timeout: 20_000 });
  await expect(jobRows(page).first()).toContainText("viewer@acme.test");
  await expect(jobRows(page).first()).toContainText("Completed");
  await jobControls(page).checkStatus.click();
  await expect(page.getByRole("status").filter({ hasText: "The export is completed: 10 users." })).toBeVisible();
  await expect(jobRows(page)).toHaveCount(1);

  await page.goBack();
  await expect(jobRows(page)).toHaveCount(2);
  await expect(all).toHaveAttribute("aria-current", "true");
  await expectNoReload(page);
});

test("many jobs have several pages", async ({ page, server }) => {
  await completeSample(page);
  copyJobs(server, 69);
  await visit(page, JOBS_PATH);
  await forbidReloads(page);
  await expect(jobRows(page)).toHaveCount(50);
  await expect(page.getByRole("link", { name: "Newest" })).toBeHidden();
  await page.getByRole("link", { name: "Older" }).click();
  await expect(jobRows(page)).toHaveCount(20);
  await expect(page).toHaveURL(/older=job_/);
  await expect(page.getByRole("heading", { name: "Jobs", exact: true })).toBeFocused();
  await expect(page.getByRole("link", { name: "Older" })).toBeHidden();
  await page.getByRole("link", { name: "Newest" }).click();
  await expect(jobRows(page)).toHaveCount(50);
  await expect(page).toHaveURL(JOBS_PATH);
  await expectNoReload(page);
});

test("the expiry counts down, every second of its last minute", async ({ page }) => {
  const job = await completeSample(page);
  await page.clock.install();
  await visit(page, jobPath(job));
  const expires = detail(page, "Expires");
  await expect(expires).toHaveText("in 24 hours");
  const end = Date.parse((await expires.getByRole("time").getAttribute("datetime"))!);
  await page.clock.pauseAt(end - 3_600_000);
  await page.clock.runFor(20_000);
  await expect(expires).toHaveText("in 1 hour");
  await page.clock.pauseAt(end - 59_500);
  await expect(expires).toHaveText("in 60 s");
  await page.clock.runFor(1_000);
  await expect(expires).toHaveText("in 59 s");
  await page.clock.runFor(1_000);
  await expect(expires).toHaveText("in 58 s");
  await page.clock.runFor(58_000);
  await expect(expires).toHaveText("Expired");
});

test.describe("the life of a link", () => {
  test.use({ serverOptions: { settings: { MUSTER_LINK_LIFETIME_SECONDS: "90" } } });

  test("is explained at the download", async ({ page }) => {
    const job = await completeSample(page);
    for (const path of [JOBS_PATH, jobPath(job)]) {
      await visit(page, path);
      const text = "Each download gets a fresh link that works for 90 seconds.";
      await expect(page.getByText(text)).toBeVisible();
      await expect(jobControls(page).download).toHaveAccessibleDescription(text);
    }
  });
});

test("a page that is out of sight asks for nothing, and catches up when it is seen again", async ({ page, server }) => {
  await completeSample(page);
  pretendProcessing(server, 1, 10);
  await page.clock.install();
  let asked = 0;
  page.on("request", (request) => (asked += request.url().endsWith("/rpc/list_jobs") ? 1 : 0));
  await visit(page, JOBS_PATH);
  await expect.poll(() => asked).toBeGreaterThan(0);
  await hide(page, true);
  const before = asked;
  await page.clock.runFor(15_000);
  expect(asked).toBe(before);
  changeJobs(server, { status: "completed", rows_written: 10 });
  await hide(page, false);
  await expect(jobRows(page).first()).toContainText("Completed");
});

test("what others submit appears while nothing runs", async ({ page, server }) => {
  await completeSample(page);
  await visit(page, JOBS_PATH);
  await forbidReloads(page);
  await expect(jobRows(page)).toHaveCount(1);
  await submitSample(page);
  changeJobs(server, { created_by: "editor@acme.test" });
  await expect(jobRows(page)).toHaveCount(2, { timeout: 20_000 });
  await expectNoReload(page);
});

test("Export again brings the settings back by one click", async ({ page }) => {
  const submit = { "form[format]": "csv", "form[include_defaults]": "true", "form[fields][0][name]": "last_login" };
  const answer = await page.request.post("/rpc/submit_export", { form: submit, headers: { accept: "application/json" } });
  const job = (await answer.json()) as string;
  for (const path of [JOBS_PATH, jobPath(job)]) {
    await visit(page, path);
    await jobControls(page).exportAgain.click();
    const form = new ExportForm(page);
    await expect(form.includeDefaults).toBeChecked();
    await expect(form.format.locator("option:checked")).toHaveText("CSV file (*.csv)");
    expect(await form.names()).toEqual(["last_login"]);
    await expect(form.sample).not.toBeChecked();
  }
});

test("the job's page tells everything, and how to check the file", async ({ page }) => {
  const job = await completeSample(page);
  await visit(page, jobPath(job));
  for (const label of ["Waited", "Duration"]) await expect(detail(page, label)).toHaveText(/^\d+\.\d seconds$/);
  await expect(detail(page, "Throughput")).toHaveText(/^([\d,]+ users? a second|–)$/);
  await expect(detail(page, "Attempts")).toHaveText("1");
  await expect(page.getByText("sha256sum acme.csv.gz")).toBeVisible();
  const download = await downloadBy(page, page.getByRole("button", { name: "Download .gz file" }));
  expect(download.suggestedFilename()).toBe("acme.csv.gz");
});

/** Makes the page believe that its tab is hidden or seen. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}
