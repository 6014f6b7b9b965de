import { type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, reload, visit } from "./support/browsing.ts";
import { countJobs } from "./support/database.ts";
import { EXPORT_PATH, ExportForm, expectError, expectNoError, expectRemark } from "./support/export-form.ts";
import { JOBS_PATH, jobControls, jobRows } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

const UNKNOWN = '"colour" is not a user attribute.';
const WHOLE = /CSV can't hold "app_metadata" as a whole/;
const TOO_MANY = /at most 30 fields; this has 31/;

let form: ExportForm;

test.beforeEach(async ({ page }) => {
  await beSignedIn(page, "viewer");
  await visit(page, EXPORT_PATH);
  form = new ExportForm(page);
});

test("31 CSV fields are refused until the format is JSON", async ({ page, server }) => {
  const submissions = watchSubmissions(page);
  await form.choose("CSV");
  for (let number = 1; number <= 16; number += 1) await form.add(`user_metadata.a${number}`);
  await expect(page.getByText("30 of 30 fields")).toBeVisible();
  await expect(form.addFields).toHaveAccessibleDescription("");
  await form.add("user_metadata.a17");
  await expect(page.getByText("31 of 30 fields")).toBeVisible();
  await expect(form.addFields).toHaveAccessibleDescription(TOO_MANY);

  await form.submit.click();
  await expect(form.summary).toBeFocused();
  await expect(form.summary).toContainText(TOO_MANY);
  expect(submissions).toEqual([]);
  expect(countJobs(server)).toBe(0);

  await form.choose("JSON");
  await expect(page.getByText("31 fields", { exact: true })).toBeVisible();
  await expect(form.addFields).toHaveAccessibleDescription("");
  await expect(form.summary).toBeHidden();
  await form.submit.click();
  await expect(jobRows(page)).toHaveCount(1);
  expect(submissions.length).toBe(1);
});

test("whole app_metadata in CSV is refused until the format is JSON", async ({ page, server }) => {
  const submissions = watchSubmissions(page);
  await form.choose("CSV");
  await form.add("app_metadata");
  await form.submit.click();
  await expectError(form.field(1).attribute, WHOLE);
  await expect(form.summary).toBeFocused();
  expect(submissions).toEqual([]);
  expect(countJobs(server)).toBe(0);

  await form.choose("JSON");
  await expectNoError(form.field(1).attribute);
  await form.choose("CSV");
  await expectError(form.field(1).attribute, WHOLE);
  await form.field(1).attribute.fill("app_metadata.plan");
  await expectNoError(form.field(1).attribute);
  await form.submit.click();
  await expect(jobRows(page)).toHaveCount(1);
});

test("a field is checked while it is typed, but not before there was time to finish it", async () => {
  await form.addFields.click();
  const { attribute } = form.field(1);
  await expectNoError(attribute);
  await attribute.pressSequentially("colour");
  await expectError(attribute, UNKNOWN);
  await expect(attribute).toBeFocused();
  await attribute.fill("user_metadata.");
  await expectError(attribute, /A member's name is missing/);
  await attribute.pressSequentially("colour");
  await expectNoError(attribute);
});

test("two fields can't have one title", async () => {
  await form.add("last_login", "email");
  await form.submit.click();
  await expectError(form.field(1).title, /Another field is called "email" already/);
  await expectNoError(form.field(1).attribute);
  await form.includeDefaults.uncheck();
  await expectNoError(form.field(1).title);

  await form.add("email");
  await form.submit.click();
  await expectError(form.field(2).attribute, /Another field is called "email" already/);
  await form.field(2).title.fill("E-mail");
  await expectNoError(form.field(2).attribute);
});

test("an export of nothing is refused", async ({ server }) => {
  await form.includeDefaults.uncheck();
  await form.submit.click();
  await expect(form.summary).toBeFocused();
  await expect(form.addFields).toHaveAccessibleDescription(/There is nothing to export/);
  expect(countJobs(server)).toBe(0);
  await form.add("email");
  await expect(form.summary).toBeHidden();
});

test("the summary leads to each field that is wrong, and forgets what is mended", async ({ page }) => {
  await form.add("colour");
  await form.add("email");
  await form.add("password_hash");
  await form.submit.click();
  await expect(form.summary).toBeFocused();
  await expect(form.summary.getByRole("link")).toHaveText([/^Field 1/, /^Field 2/, /^Field 3.*can't be exported/]);
  await form.summary.getByRole("link", { name: "Field 3" }).click();
  await expect(form.field(3).attribute).toBeFocused();

  await form.field(1).remove.click();
  await expect(form.summary.getByRole("link")).toHaveCount(2);
  await expectError(form.field(2).attribute, /"password_hash" can't be exported/);
  await form.field(2).attribute.fill("last_ip");
  await form.field(1).attribute.fill("last_login");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a button that is pressed for long stays where it is", async ({ page }) => {
  await form.add("colour");
  await form.submit.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await form.submit.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  // Longer than any error waits.
  await page.waitForTimeout(1_000);
  expect(await form.submit.boundingBox()).toEqual({ x, y, width, height });
  await page.mouse.up();
  await expect(form.summary).toBeFocused();
});

test("the focus follows rows that come and go", async ({ page }) => {
  await forbidReloads(page);
  await form.addFields.click();
  await expect(form.field(1).attribute).toBeFocused();
  await page.keyboard.type("last_login");
  await form.addFields.click();
  await expect(form.field(2).attribute).toBeFocused();
  await page.keyboard.type("last_ip");
  await form.add("blocked");

  await form.field(2).remove.click();
  await expect(form.field(2).attribute).toBeFocused();
  await expect(form.field(2).attribute).toHaveValue("blocked");
  await form.field(2).remove.click();
  await expect(form.field(1).attribute).toBeFocused();
  await expect(form.field(1).attribute).toHaveValue("last_login");
  await form.field(1).remove.click();
  await expect(form.addFields).toBeFocused();
  await expect(form.attributes).toHaveCount(0);
  await expectNoReload(page);
});

test("the counter tells how many columns the file will have", async ({ page }) => {
  await expect(page.getByText("14 fields", { exact: true })).toBeVisible();
  await form.add("last_login");
  await expect(page.getByText("15 fields", { exact: true })).toBeVisible();
  await form.choose("CSV");
  await expect(page.getByText("15 of 30 fields")).toBeVisible();
  await form.includeDefaults.uncheck();
  await expect(page.getByText("1 of 30 fields")).toBeVisible();
});

test("Reset Form begins anew", async ({ page }) => {
  await form.connection.selectOption("Partner-Portal");
  await form.choose("CSV");
  await form.includeDefaults.uncheck();
  await form.sample.check();
  await form.add("colour");
  await form.submit.click();
  await expect(form.summary).toBeVisible();

  await form.reset.click();
  await expect(form.summary).toBeHidden();
  await expect(form.attributes).toHaveCount(0);
  await expect(form.connection.locator("option:checked")).toHaveText("All connections");
  await expect(form.format.locator("option:checked")).toHaveText("JSON file (*.json)");
  await expect(form.includeDefaults).toBeChecked();
  await expect(form.sample).not.toBeChecked();
  await expect(form.connection).toBeFocused();
  await form.submit.click();
  await expect(jobRows(page)).toHaveCount(1);
});

test("the form works by the keyboard alone", async ({ page }) => {
  await form.connection.focus();
  await page.keyboard.press("Tab");
  await expect(form.format).toBeFocused();
  await page.keyboard.press("C");
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Search")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(form.includeDefaults).toBeFocused();
  await page.keyboard.press("Space");
  await expect(form.includeDefaults).not.toBeChecked();
  await form.addFields.focus();
  await page.keyboard.press("Enter");
  await expect(form.field(1).attribute).toBeFocused();
  await page.keyboard.type("email");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await page.keyboard.type("E-mail");
  await page.keyboard.press("Enter");
  await expect(jobRows(page)).toHaveCount(1);
  await expect(jobRows(page).first()).toContainText("CSV");
});

test("what the server alone can know is shown at the field too", async ({ page, server }) => {
  await page.goto(`${EXPORT_PATH}?form[connection]=con_0000000000000000&form[format]=json&form[include_defaults]=true`);
  await form.submit.click();
  await expectError(form.connection, /connection/);
  expect(countJobs(server)).toBe(0);
});

test("the server refuses what never went through the form", async ({ page, server }) => {
  const answer = await page.request.post("/rpc/submit_export", {
    headers: { accept: "application/json" },
    form: { "form[format]": "csv", "form[include_defaults]": "true", "form[fields][0][name]": "app_metadata" },
  });
  expect(answer.ok()).toBe(false);
  expect(await answer.text()).toMatch(/CSV can't hold \\"app_metadata\\" as a whole/);
  expect(countJobs(server)).toBe(0);
});

test("fields are moved by the keyboard: the focus goes along, and the move is told", async ({ page }) => {
  await forbidReloads(page);
  for (const name of ["last_login", "last_ip", "blocked"]) await form.add(name);
  const told = (text: string) => expect(page.getByRole("status").filter({ hasText: text })).toBeAttached();
  await expect(form.field(1).up).toHaveAttribute("aria-disabled", "true");
  await expect(form.field(3).down).toHaveAttribute("aria-disabled", "true");

  await form.field(3).up.focus();
  await page.keyboard.press("Enter");
  await expect(form.field(2).up).toBeFocused();
  await told("Moved up: now field 2 of 3.");
  expect(await form.names()).toEqual(["last_login", "blocked", "last_ip"]);
  await page.keyboard.press("Space");
  await expect(form.field(1).up).toBeFocused();
  expect(await form.names()).toEqual(["blocked", "last_login", "last_ip"]);
  await page.keyboard.press("Enter");
  await told("Field 1 of 3 can't move up.");
  await expect(form.field(1).up).toBeFocused();
  expect(await form.names()).toEqual(["blocked", "last_login", "last_ip"]);

  await page.keyboard.press("Tab");
  await expect(form.field(1).down).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(form.field(2).down).toBeFocused();
  await told("Moved down: now field 2 of 3.");
  await expect(form.words).toContainText("the 14 default ones, last_login, blocked and last_ip.");
  await expectNoReload(page);

  await form.submit.click();
  await jobControls(jobRows(page).first()).moreInfo.click();
  const fields = page.getByRole("table", { name: "Fields" }).getByRole("row");
  await expect(fields).toHaveText([...Array<RegExp>(15).fill(/./), /^last_login/, /^blocked/, /^last_ip/]);
});

test("an attribute that is there already is flagged, but may stay under another title", async ({ page }) => {
  await form.add("email", "E-mail");
  await expectRemark(form.field(1).attribute, '"email" is among the default fields already.');
  await expect(page.getByRole("status").filter({ hasText: 'Field 1: "email" is among' })).toBeAttached();
  await form.add("user_metadata.country");
  await form.add("user_metadata.country", "Country");
  await expectRemark(form.field(3).attribute, '"user_metadata.country" is field 2 already.');
  await form.field(3).title.fill("");
  await expectError(form.field(3).attribute, /Another field is called .* is field 2 already\./);
  await form.field(3).title.fill("Land");

  await form.includeDefaults.uncheck();
  await expectNoError(form.field(1).attribute);
  await form.submit.click();
  await expect(jobRows(page)).toHaveCount(1);
});

test("what is wrong with a field is told after a pause, not at every keystroke", async ({ page }) => {
  await form.addFields.click();
  const told: string[] = [];
  await page.exposeFunction("tell", (text: string) => told.push(text));
  await page.evaluate(() => {
    const observer = new MutationObserver((records) => {
      for (const { target } of records) {
        const region = (target instanceof Element ? target : target.parentElement)?.closest(".unseen[role=status]");
        if (region) (window as unknown as { tell(text: string): void }).tell(region.textContent);
      }
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await form.field(1).attribute.pressSequentially("colour");
  await expect.poll(() => told).toEqual([`Field 1: ${UNKNOWN}`]);
  await form.field(1).attribute.fill("user_metadata.colour");
  await expect.poll(() => told).toEqual([`Field 1: ${UNKNOWN}`, ""]);
});

test("attributes are suggested while they are typed", async ({ page }) => {
  await form.add("em");
  await form.add("user");
  const list = await form.field(2).attribute.getAttribute("list");
  expect(await form.field(1).attribute.getAttribute("list")).toBe(list);
  const suggestions = await page.locator(`#${list} option`).evaluateAll((all) => all.map((it) => (it as HTMLOptionElement).value));
  for (const name of ["email", "last_login", "user_metadata.", "app_metadata.", "identities[0].connection"]) {
    expect(suggestions).toContain(name);
  }
});

test("the summary says what will be exported, as the button's description too", async () => {
  const users = "You will export all users of all connections";
  await expect(form.words).toHaveText(`${users} as JSON with 14 fields: the 14 default ones. The file is acme.json.`);
  await form.sample.check();
  await form.connection.selectOption("Partner-Portal");
  await form.choose("CSV");
  await form.includeDefaults.uncheck();
  await expect(form.words).toHaveText("Nothing can be exported yet: the form needs 1 correction.");
  await form.add("email", "E-mail");
  await form.add("user_metadata.country");
  const sample = "You will export a sample of at most 10 users of Partner-Portal as CSV";
  await expect(form.words).toContainText(
    `${sample} with 2 fields: email as "E-mail" and user_metadata.country. The file is acme.csv.`,
  );
  await expect(form.words).toContainText("no spreadsheet takes one that begins with =, +, - or @ for a formula");
  await expect(form.submit).toHaveAccessibleDescription(/^You will export a sample of at most 10 users/);
});

test("a reload and the back button keep the form", async ({ page }) => {
  await form.connection.selectOption("Partner-Portal");
  await form.choose("CSV");
  await form.sample.check();
  await form.add("last_login", "Latest");
  await form.add("user_metadata.a&b=c");
  await form.field(2).up.click();
  const expectKept = async () => {
    await expect(form.connection.locator("option:checked")).toHaveText("Partner-Portal");
    await expect(form.format.locator("option:checked")).toHaveText("CSV file (*.csv)");
    await expect(form.sample).toBeChecked();
    await expect.poll(() => form.names()).toEqual(["user_metadata.a&b=c", "last_login"]);
    await expect(form.field(2).title).toHaveValue("Latest");
  };
  await expect(page).toHaveURL(/a%26b.*last_login/);
  await reload(page);
  await expectKept();

  await form.sample.uncheck();
  await form.sample.check();
  await page.getByRole("link", { name: "Back to Import/Export Users" }).click();
  await expect(page).toHaveURL(JOBS_PATH);
  await page.goBack();
  await expectKept();
  await form.submit.click();
  await expect(jobRows(page)).toHaveCount(1);
  await expect(page).toHaveURL(JOBS_PATH);
  await page.goBack();
  await expectKept();

  await form.reset.click();
  await expect(form.attributes).toHaveCount(0);
  await expect(page).toHaveURL(EXPORT_PATH);
});

test("on a slow network the form says that it is on its way, and is sent once", async ({ page, server }) => {
  const submissions = watchSubmissions(page);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/rpc/submit_export", async (route) => {
    await released;
    await route.continue();
  });
  await form.submit.click();
  await expect(form.submit).toHaveAttribute("aria-busy", "true");
  await expect(page.getByRole("status").filter({ hasText: "Submitting…" })).toBeVisible();
  await form.submit.click();
  await form.submit.press("Enter");
  release();
  await expect(jobRows(page)).toHaveCount(1);
  expect(submissions.length).toBe(1);
  expect(countJobs(server)).toBe(1);
});

test("an export of the users that a search finds, who are counted before", async ({ page, troubles }) => {
  troubles.announce(422);
  const search = page.getByLabel("Search");
  await search.fill("email_verified:true AND");
  await expect(search).toHaveAccessibleDescription(/at character/);
  await search.fill("email_verified:true AND logins_count:>3");
  const count = page.getByRole("status").filter({ hasText: /users found/ });
  await expect(count).toHaveText(/^[\d,]+ users found\.$/);
  await expect(form.words).toContainText("found by email_verified:true AND logins_count:>3");
  const found = Number((await count.innerText()).replace(/\D/g, ""));
  await reload(page);
  await expect(search).toHaveValue("email_verified:true AND logins_count:>3");
  await form.submit.click();
  await expect(jobRows(page).first()).toContainText("Completed");
  await jobRows(page).first().getByRole("link", { name: "More info" }).click();
  await expect(page.getByRole("main")).toContainText("email_verified:true AND logins_count:>3");
  await expect(page.getByRole("main")).toContainText(found.toLocaleString("en"));
});

/** Collects the requests that submit an export. */
function watchSubmissions(page: Page): string[] {
  const submissions: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/rpc/submit_export")) submissions.push(request.url());
  });
  return submissions;
}
