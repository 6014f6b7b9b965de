import { type Page } from "@playwright/test";
import { beSignedIn, signIn } from "./support/browsing.ts";
import { changeJobs, countJobs, pretendProcessing } from "./support/database.ts";
import { EXPORT_PATH, ExportForm, expectError, expectNoError, expectRemark } from "./support/export-form.ts";
import {
  JOBS_PATH,
  completeSample,
  detail,
  downloadBy,
  jobControls,
  jobPath,
  jobRows,
  textOf,
} from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

test.use({ javaScriptEnabled: false });

test("sign in with a wrong and then the right password", async ({ page }) => {
  await page.goto("/users/import-export");
  await signIn(page, "viewer", "not the password");
  await expect(page.getByRole("alert")).toHaveText("Wrong email or password.");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(page.url(), "the password is nowhere in the address").not.toContain("not");
  await signIn(page, "viewer");
  await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("page through the users of a connection", async ({ page }) => {
  await beSignedIn(page, "viewer");
  await page.goto("/users");
  await page.getByLabel("Connection").selectOption("Partner-Portal");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByLabel("Connection").locator("option:checked")).toHaveText("Partner-Portal");
  const first = await names(page);
  expect(first.length).toBe(50);
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page).toHaveURL(/page=older/);
  expect(await names(page)).not.toEqual(first);
  await page.getByRole("link", { name: "Newer" }).click();
  await expect(page).toHaveURL(/page=newer/);
  expect(await names(page)).toEqual(first);
});

test("the whole export, with errors on the way", async ({ page, server }) => {
  await beSignedIn(page, "viewer");
  await page.goto("/users");
  await page.getByRole("link", { name: "Import/Export Users" }).click();
  await page.getByRole("button", { name: "Export Users" }).click();
  const form = new ExportForm(page);

  await form.connection.selectOption("Partner-Portal");
  await form.choose("CSV");
  await form.sample.check();
  await form.add("email", "E-mail");
  await form.add("app_metadata", "app");
  await form.field(1).remove.click();
  await expect(form.attributes).toHaveCount(1);
  await expect(form.field(1).attribute).toHaveValue("app_metadata");
  await form.add("colour", "hue");

  await form.submit.click();
  await expect(form.summary).toContainText("The export settings need a correction.");
  await expectError(form.field(1).attribute, /CSV can't hold "app_metadata" as a whole/);
  await expectError(form.field(2).attribute, /"colour" is not a user attribute/);
  await expectNoError(form.field(1).title);
  await expect(form.connection.locator("option:checked")).toHaveText("Partner-Portal");
  await expect(form.format.locator("option:checked")).toHaveText("CSV file (*.csv)");
  await expect(form.includeDefaults).toBeChecked();
  await expect(form.sample).toBeChecked();
  await expect(form.field(1).title).toHaveValue("app");
  await expect(form.field(2).title).toHaveValue("hue");
  expect(countJobs(server)).toBe(0);

  await form.field(1).attribute.fill("app_metadata.plan");
  await form.field(2).attribute.fill("user_metadata.colour");
  await form.submit.click();
  await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
  const job = jobRows(page).first();
  await expect(async () => {
    await jobControls(job).checkStatus.click();
    await expect(job).toContainText("Completed", { timeout: 500 });
  }).toPass();
  await expect(job).toContainText("Partner-Portal");

  const download = await downloadBy(page, jobControls(job).download);
  expect(download.suggestedFilename()).toBe("acme.csv");
  const lines = (await textOf(download)).split("\r\n");
  expect(lines[0]).toMatch(/"app","hue"$/);

  await jobControls(job).moreInfo.click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Completed");
  await expect(detail(page, "Rows written")).toHaveText("10");
  await jobControls(page).checkStatus.click();
  await expect(detail(page, "Rows written")).toHaveText("10");
  expect((await downloadBy(page, jobControls(page).download)).suggestedFilename()).toBe("acme.csv");
});

test("Reset Form begins anew, and a new row has the focus", async ({ page }) => {
  await beSignedIn(page, "viewer");
  await page.goto(EXPORT_PATH);
  const form = new ExportForm(page);
  await form.choose("CSV");
  await form.addFields.click();
  await expect(form.field(1).attribute).toBeFocused();
  await form.reset.click();
  await expect(form.attributes).toHaveCount(0);
  await expect(form.format.locator("option:checked")).toHaveText("JSON file (*.json)");
});

test("Enter in a field submits and does not add or remove a row", async ({ page, server }) => {
  await beSignedIn(page, "viewer");
  await page.goto(EXPORT_PATH);
  const form = new ExportForm(page);
  await form.add("last_login");
  await form.field(1).title.press("Enter");
  await expect(jobRows(page)).toHaveCount(1);
  expect(countJobs(server)).toBe(1);
});

test("fields are moved, flagged and summed up by the server", async ({ page, server }) => {
  await beSignedIn(page, "viewer");
  await page.goto(EXPORT_PATH);
  const form = new ExportForm(page);
  for (const name of ["last_login", "last_ip", "blocked"]) await form.add(name);
  await form.field(3).up.click();
  await expect(form.field(2).up).toBeFocused();
  expect(await form.names()).toEqual(["last_login", "blocked", "last_ip"]);
  await form.field(1).down.click();
  await expect(form.field(2).down).toBeFocused();
  expect(await form.names()).toEqual(["blocked", "last_login", "last_ip"]);
  // It says that it is disabled, and does nothing when it is pressed anyway.
  await form.field(1).up.click({ force: true });
  expect(await form.names()).toEqual(["blocked", "last_login", "last_ip"]);
  await expect(form.words).toContainText("with 17 fields: the 14 default ones, blocked, last_login and last_ip.");

  await form.field(1).attribute.fill("email");
  await form.submit.click();
  await expect(form.words).toHaveText("Nothing can be exported yet: the form needs 1 correction.");
  await expectError(form.field(1).attribute, /is among the default fields already/);
  await form.field(1).title.fill("E-mail");
  await form.add("");
  await form.submit.click();
  await expectRemark(form.field(1).attribute, '"email" is among the default fields already.');
  await form.field(4).remove.click();
  await form.submit.click();
  await expect(jobRows(page)).toHaveCount(1);
  expect(countJobs(server)).toBe(1);
});

test("cancel a job in the list and on its page, and be told when it is too late", async ({ page, server }) => {
  await beSignedIn(page, "viewer");
  const job = await completeSample(page);
  for (const path of [JOBS_PATH, `${JOBS_PATH}?jobs=mine`, jobPath(job)]) {
    pretendProcessing(server, 1, 10);
    await page.goto(path);
    await jobControls(page).cancel.click();
    await expect(page.getByText("Cancelled by viewer@acme.test.")).toBeVisible();
    await expect(jobControls(page).cancel).toBeHidden();
    await expect(page).toHaveURL(path);
  }
  for (const path of [JOBS_PATH, jobPath(job)]) {
    pretendProcessing(server, 1, 10);
    await page.goto(path);
    changeJobs(server, { status: "completed", status_details: null });
    await jobControls(page).cancel.click();
    await expect(page.getByRole("alert")).toHaveText("This export is completed already: there is nothing left to cancel.");
    await expect(page.getByText("Completed", { exact: true })).toBeVisible();
  }
});

test("choose between all jobs and one's own, and stay there", async ({ page, server }) => {
  await beSignedIn(page, "viewer");
  await completeSample(page);
  changeJobs(server, { created_by: "editor@acme.test" });
  await completeSample(page);
  await page.goto(JOBS_PATH);
  await expect(jobRows(page)).toHaveCount(2);
  await page.getByRole("link", { name: "My jobs" }).click();
  await expect(page).toHaveURL(/jobs=mine$/);
  await expect(page.getByRole("link", { name: "My jobs" })).toHaveAttribute("aria-current", "true");
  await expect(jobRows(page)).toHaveCount(1);
  await jobControls(page).checkStatus.click();
  await expect(page).toHaveURL(/jobs=mine$/);
  await expect(jobRows(page)).toHaveCount(1);
});

/** What the first column of the table of users says. */
function names(page: Page): Promise<string[]> {
  return page.getByRole("table", { name: "Users" }).locator("tbody tr").allInnerTexts();
}
