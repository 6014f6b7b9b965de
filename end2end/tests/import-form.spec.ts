import { beSignedIn, visit } from "./support/browsing.ts";
import { changeJobs, countJobs, pretendImporting } from "./support/database.ts";
import {
  IMPORT_PATH,
  ImportForm,
  completeImport,
  expectFigures,
  failedRows,
  newUser,
  usersWithBroken,
  writtenFile,
} from "./support/import-form.ts";
import { JOBS_PATH, jobControls, jobPath, jobRows } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

test.beforeEach(async ({ page }) => beSignedIn(page, "editor"));

test("what is missing is told at its field, and the focus goes there", async ({ page, server }) => {
  await visit(page, IMPORT_PATH);
  const form = new ImportForm(page);
  await form.submit.click();
  await expect(form.file).toBeFocused();
  await expect(form.file).toHaveAccessibleDescription(/^Choose a file\. A JSON array of users/);
  await expect(form.connection).toHaveAccessibleDescription("Choose a connection.");

  await form.file.setInputFiles(writtenFile("one.ndjson", JSON.stringify(newUser(1))));
  await expect(form.file).not.toHaveAttribute("aria-invalid");
  await expect(form.connection).toHaveAttribute("aria-invalid", "true");
  await form.submit.click();
  await expect(form.connection).toBeFocused();
  await form.connection.selectOption("Partner-Portal");
  await expect(form.connection).not.toHaveAttribute("aria-invalid");

  await form.file.setInputFiles(writtenFile("none.ndjson", ""));
  await form.dryRun.click();
  await expect(form.file).toHaveAccessibleDescription(/^The file is empty\./);
  expect(countJobs(server)).toBe(0);
});

test("the form works by the keyboard alone", async ({ page }) => {
  await visit(page, IMPORT_PATH);
  const form = new ImportForm(page);
  await form.file.focus();
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(writtenFile("one.ndjson", JSON.stringify(newUser(1))));
  await page.keyboard.press("Tab");
  await expect(form.connection).toBeFocused();
  await page.keyboard.press("P");
  await page.keyboard.press("Tab");
  await expect(form.upsert).toBeFocused();
  await page.keyboard.press("Space");
  await expect(form.upsert).toBeChecked();
  await page.keyboard.press("Tab");
  await expect(form.dryRun).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Import dry run Completed");
  await page.getByRole("button", { name: "Import these users" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Import job Completed");
  await expectFigures(page, { "Users read": "1", Inserted: "1" });
});

test("many who open the form at once all get it", async ({ page }) => {
  // Whichever of the server's threads begins to render a page and whichever ends it.
  const answers = await Promise.all(Array.from({ length: 24 }, () => page.request.get(IMPORT_PATH)));
  expect(answers.map((answer) => answer.status())).toEqual(Array.from({ length: 24 }, () => 200));
});

test("a double click imports once", async ({ page, server }) => {
  await visit(page, IMPORT_PATH);
  const form = new ImportForm(page);
  await form.fill(writtenFile("one.ndjson", JSON.stringify(newUser(1))));
  await form.submit.dblclick();
  await expectFigures(page, { Inserted: "1", Failed: "0" });
  expect(countJobs(server)).toBe(1);
});

test("the file of a dry run is imported once", async ({ page, server, troubles }) => {
  troubles.announce(409);
  const job = await completeImport(page, server, { text: JSON.stringify(newUser(1)), dryRun: true });
  await visit(page, jobPath(job));
  const other = await page.context().newPage();
  await visit(other, jobPath(job));
  const first = page.waitForResponse(/\/rpc\/import_checked/);
  await page.getByRole("button", { name: "Import these users" }).click();
  await first;
  await other.getByRole("button", { name: "Import these users" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Import job");
  await expect(other.getByRole("alert")).toContainText("has been imported already");
  await expect(other.getByRole("button", { name: "Import these users" })).toBeHidden({ timeout: 20_000 });
});

test("an import can be cancelled, and its end is announced", async ({ page, server }) => {
  const job = await completeImport(page, server, { text: usersWithBroken(300).text });
  pretendImporting(server, 10_000);
  await visit(page, jobPath(job));
  await expect(page.getByRole("heading", { name: "So far" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel import" }).click();
  await expect(page.getByRole("status").filter({ hasText: "The import was cancelled. Cancelled by editor@acme.test." })).toBeVisible();
  await expect(page.getByText("297 users were imported.")).toBeVisible();
  await expect(jobControls(page).checkStatus).toBeFocused();

  pretendImporting(server, 10_000);
  await visit(page, JOBS_PATH);
  await expect(jobRows(page).first()).toContainText("Processing");
  changeJobs(server, { status: "completed", finished_at: Date.now() });
  const words = "The import is completed: 297 inserted, 0 updated, 3 failed.";
  await expect(page.getByRole("status").filter({ hasText: words })).toBeVisible();
});

test("many failed users have several pages, whose addresses can be kept", async ({ page, server }) => {
  const job = await completeImport(page, server, { text: usersWithBroken(6_000).text });
  await visit(page, jobPath(job));
  await expect(page.getByRole("heading", { name: "Failed users (60)" })).toBeVisible();
  await expect(failedRows(page)).toHaveCount(50);
  await page.getByRole("link", { name: "Next", exact: true }).click();
  await expect(failedRows(page)).toHaveCount(10);
  await expect(page).toHaveURL(/\?after=5000$/);
  await expect(page.getByRole("heading", { name: "Failed users (60)" })).toBeFocused();
  await expect(page.getByRole("link", { name: "Next", exact: true })).toBeHidden();
  await page.goBack();
  await expect(failedRows(page)).toHaveCount(50);
  await visit(page, `${jobPath(job)}?after=5000`);
  await expect(failedRows(page)).toHaveCount(10);
  await visit(page, `${jobPath(job)}?code=PATTERN&after=5000`);
  await expect(failedRows(page).first()).toContainText("PATTERN");
  await page.getByRole("link", { name: "First", exact: true }).click();
  await expect(page).toHaveURL(/\?code=PATTERN$/);
  await expect(failedRows(page)).toHaveCount(15);
});

test("what is no JSON is told with its line, and no secret is shown or downloaded", async ({ page, server }) => {
  const secret = { email: "not an address", password_hash: `$2b$10$${"x".repeat(53)}`, mfa_factors: [{ totp: { secret: "JBSWY3DPEHPK3PXP" } }] };
  const text = [JSON.stringify(secret), '{"email": "cut@off.example", "password_hash": "$2b'].join("\n");
  const job = await completeImport(page, server, { text });
  await visit(page, jobPath(job));
  await expect(failedRows(page)).toHaveCount(2);
  const rows = failedRows(page);
  await rows.first().getByText("JSON", { exact: true }).click();
  await expect(rows.first()).toContainText("not an address");
  await expect(rows.last()).toContainText("no JSON object");
  const html = await page.content();
  const answer = await page.request.post(`${jobPath(job)}/failures`);
  const downloaded = await answer.text();
  expect(downloaded).toContain("not an address");
  for (const text of [html, downloaded]) {
    expect(text).not.toContain("$2b");
    expect(text).not.toContain("JBSWY3DPEHPK3PXP");
  }
});
