import { beSignedIn, expectNoReload, forbidReloads, reload, visit } from "./support/browsing.ts";
import { changeJobs, countJobs, pretendProcessing } from "./support/database.ts";
import { EXPORT_PATH, ExportForm } from "./support/export-form.ts";
import {
  JOBS_PATH,
  completeSample,
  detail,
  downloadBy,
  jobControls,
  jobPath,
  jobRows,
  submitSample,
} from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

test.beforeEach(async ({ page }) => beSignedIn(page, "viewer"));

test.describe("a download link", () => {
  test.use({ serverOptions: { settings: { MUSTER_LINK_LIFETIME_SECONDS: "2" } } });

  test("is dead after its life, and a new one works", async ({ page, troubles }) => {
    const job = await completeSample(page);
    await visit(page, jobPath(job));
    const { download } = jobControls(page);
    const link = (await downloadBy(page, download)).url();
    await expect.poll(async () => (await page.request.get(link)).status()).toBe(404);
    troubles.announce(404);
    await page.goto(link);
    await expect(page.getByText("This link has expired.")).toContainText("choose Download export again");

    await page.goBack();
    const second = await downloadBy(page, download);
    expect(second.suggestedFilename()).toBe("acme.csv");
    expect(await second.failure()).toBeNull();
    expect(second.url()).not.toBe(link);
  });
});

test.describe("a job", () => {
  test.use({ serverOptions: { settings: { MUSTER_JOB_LIFETIME_SECONDS: "3" } } });

  test("is gone after its life, which the pages say in words", async ({ page, troubles }) => {
    troubles.announce(404);
    const job = await submitSample(page);
    await expect(async () => {
      const answer = await page.goto(jobPath(job));
      expect(answer?.status()).toBe(404);
    }).toPass();
    await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
    await expect(page.getByRole("main")).toContainText("This job does not exist, or it expired");
    await page.getByRole("link", { name: "Back to Import/Export Users" }).click();
    await expect(page.getByRole("heading", { name: "No jobs yet" })).toBeVisible();
    expect((await page.request.post("/rpc/get_job", { form: { id: job } })).ok()).toBe(false);
  });
});

test.describe("a job whose page is open", () => {
  test.use({ serverOptions: { settings: { MUSTER_JOB_LIFETIME_SECONDS: "6" } } });

  test("is told to be gone without a reload", async ({ page, troubles }) => {
    troubles.announce(404);
    const job = await completeSample(page);
    await visit(page, jobPath(job));
    await forbidReloads(page);
    await expect(page.getByRole("heading", { name: "Export job" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible({ timeout: 20_000 });
    await expectNoReload(page);
  });
});

test("a tenant without jobs is told what to do", async ({ page }) => {
  await visit(page, JOBS_PATH);
  await expect(page.getByRole("heading", { name: "No jobs yet" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Export users, and the job appears here.");
  await page.getByRole("button", { name: "Export Users" }).click();
  await expect(page).toHaveURL(EXPORT_PATH);
});

test("a connection without users is told to be empty", async ({ page, server }) => {
  server.muster("connection", "add", "Empty");
  await visit(page, "/users");
  await page.getByLabel("Connection").selectOption("Empty");
  await expect(page.getByRole("heading", { name: "No users here" })).toBeVisible();
  await page.getByRole("link", { name: "Show all users" }).click();
  await expect(page.getByRole("table", { name: "Users" })).toBeVisible();
});

test("the progress of a running job moves without a reload", async ({ page, server }) => {
  const job = await completeSample(page);
  pretendProcessing(server, 2_500, 10_000);
  await visit(page, JOBS_PATH);
  await forbidReloads(page);
  const row = jobRows(page).first();
  const progress = page.getByRole("progressbar", { name: "Progress" });
  await expect(row).toContainText("Processing");
  await expect(row).toContainText("2,500 of 10,000");
  await expect(progress).toHaveAttribute("value", "25");
  await expect(jobControls(row).download).toBeHidden();

  pretendProcessing(server, 5_000, 10_000);
  await expect(row).toContainText("5,000 of 10,000");
  await expect(progress).toHaveAttribute("value", "50");
  await jobControls(row).moreInfo.click();
  await expect(page).toHaveURL(jobPath(job));
  await expect(progress).toHaveAttribute("value", "50");

  pretendProcessing(server, 7_500, 10_000);
  await expect(progress).toHaveAttribute("value", "75");
  await expect(detail(page, "Rows written")).toHaveText("7,500");
  changeJobs(server, { status: "completed", rows_written: 10_000, finished_at: Date.now() });
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Completed");
  await expect(page.getByRole("status").filter({ hasText: "The export is completed: 10,000 users." })).toBeVisible();
  await expect(progress).toBeHidden();
  await expect(jobControls(page).download).toBeVisible();
  await expectNoReload(page);
});

test("a failed job says why and offers the same settings again", async ({ page, server }) => {
  const job = await completeSample(page);
  pretendProcessing(server, 5, 10);
  await visit(page, jobPath(job));
  changeJobs(server, { status: "failed", status_details: "The disk is full.", finished_at: Date.now() });
  await expect(page.getByRole("alert")).toContainText("The export failed. The disk is full.");
  await expect(page.getByRole("alert")).toContainText("Export again opens the form with the same settings.");
  await expect(jobControls(page).download).toBeHidden();
  await page.getByRole("link", { name: "Export again" }).click();
  const form = new ExportForm(page);
  await expect(form.format.locator("option:checked")).toHaveText("CSV file (*.csv)");
  await expect(form.includeDefaults).toBeChecked();
  await expect(form.sample).toBeChecked();
});

test("what is submitted in one tab shows in the other", async ({ page, context, server }) => {
  await completeSample(page);
  pretendProcessing(server, 1, 10);
  await visit(page, JOBS_PATH);
  await forbidReloads(page);
  await expect(jobRows(page)).toHaveCount(1);

  const other = await context.newPage();
  await visit(other, EXPORT_PATH);
  await new ExportForm(other).submit.click();
  await expect(jobRows(other)).toHaveCount(2);

  // The first tab asks for news as long as a job runs.
  await expect(jobRows(page)).toHaveCount(2);
  await expectNoReload(page);
  await expect(jobRows(page).first()).toContainText("Completed");
  await expect(jobRows(page).last()).toContainText("Processing");
});

test("the server is out of reach for a while, and the page goes on by itself", async ({ page, server, troubles }) => {
  await completeSample(page);
  pretendProcessing(server, 1, 10);
  await visit(page, JOBS_PATH);
  troubles.announce(/ERR_INTERNET_DISCONNECTED/);
  await page.context().setOffline(true);
  await expect(page.getByText("Can't reach the server, trying again…")).toBeVisible();
  await expect(jobRows(page)).toHaveCount(1);
  await page.context().setOffline(false);
  await expect(page.getByText("Can't reach the server, trying again…")).toBeHidden();
  changeJobs(server, { status: "completed", rows_written: 10 });
  await expect(jobRows(page).first()).toContainText("Completed");
});

test("the back button after a submit shows the form and submits nothing", async ({ page, server }) => {
  await visit(page, JOBS_PATH);
  await page.getByRole("button", { name: "Export Users" }).click();
  // Both pages have a button of this name.
  await expect(page.getByRole("heading", { name: "Export Users", exact: true })).toBeVisible();
  await new ExportForm(page).submit.click();
  await expect(jobRows(page)).toHaveCount(1);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Export Users", exact: true })).toBeVisible();
  await page.goForward();
  await expect(jobRows(page)).toHaveCount(1);
  await reload(page);
  await expect(jobRows(page)).toHaveCount(1);
  expect(countJobs(server)).toBe(1);
});

test("a double click submits once", async ({ page, server }) => {
  await visit(page, EXPORT_PATH);
  await new ExportForm(page).submit.dblclick();
  await expect(jobRows(page)).toHaveCount(1);
  await expect(jobRows(page).first()).toContainText("Completed");
  expect(countJobs(server)).toBe(1);
});

test("an address without a page or a job says so", async ({ page, troubles }) => {
  troubles.announce(404);
  for (const path of [jobPath("job_0000000000000000"), jobPath("nonsense")]) {
    expect((await page.goto(path))?.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
  }
  expect((await page.goto("/nowhere"))?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await page.getByRole("link", { name: "Go to Users" }).click();
  await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
});
