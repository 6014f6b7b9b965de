import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { type Download, type Page } from "@playwright/test";
import { parse } from "csv-parse/sync";
import { isDeepStrictEqual } from "node:util";
import { expectNoReload, forbidReloads, signIn, visit } from "./support/browsing.ts";
import { type StoredUser, storedUsers } from "./support/database.ts";
import { BLOCKED, LAST_LOGIN, LOGINS_COUNT, PROVIDER, expectedCsv, expectedJson } from "./support/expected-file.ts";
import { ExportForm } from "./support/export-form.ts";
import { detail, downloadBy, jobControls, jobRows, textOf } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

test("a viewer exports a sample as CSV, from sign-in to the file, without a reload", async ({ page, server }) => {
  await visit(page, "/");
  await forbidReloads(page);
  await signIn(page, "viewer");
  const form = await openForm(page);
  await form.choose("CSV");
  await form.add("identities[0].connection", "provider");
  await form.sample.check();
  await form.submit.click();

  const job = await newestJob(page);
  await expect(job).toContainText("Completed");
  await expect(job).toContainText("viewer@acme.test");
  await jobControls(job).checkStatus.click();
  await expect(page.getByRole("status").filter({ hasText: "The export is completed: 10 users." })).toBeVisible();

  const download = await downloadBy(page, jobControls(job).download);
  expect(download.suggestedFilename()).toBe("acme.csv");
  const text = await textOf(download);
  expect(readCsv(text)).toEqual(expectedCsv(storedUsers(server, { limit: 10 }), [PROVIDER]));

  await jobControls(job).moreInfo.click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Completed");
  await expect(detail(page, "Rows written")).toHaveText("10");
  await expect(detail(page, "Rows expected")).toHaveText("10");
  await expect(detail(page, "Created by")).toHaveText("viewer@acme.test");
  await expect(page.getByRole("row", { name: "identities[0].connection provider" })).toBeVisible();
  await expectSha256(page, download, text);
  await expectNoReload(page);
});

test("a viewer exports every user as JSON with whole metadata", async ({ page, server }) => {
  await visit(page, "/");
  await signIn(page, "viewer");
  const form = await openForm(page);
  await form.choose("JSON");
  await form.add("user_metadata");
  await form.add("app_metadata");
  await form.submit.click();

  const job = await newestJob(page);
  await expect(job).toContainText("Completed");
  await expect(job).toContainText("10,000");
  const download = await downloadBy(page, jobControls(job).download);
  expect(download.suggestedFilename()).toBe("acme.json");
  const text = await textOf(download);
  expect(text.endsWith("\n")).toBe(true);
  const lines = text.slice(0, -1).split("\n");
  const users = storedUsers(server);
  expect(lines.length).toBe(10_000);
  expect(users.length).toBe(10_000);
  users.forEach((user, index) => expectLine(lines[index]!, user));

  await jobControls(job).moreInfo.click();
  await expect(detail(page, "Rows written")).toHaveText("10,000");
  await expectSha256(page, download, text);
});

test("an editor exports the users of one connection as CSV", async ({ page, server }) => {
  await visit(page, "/");
  await signIn(page, "editor");
  const form = await openForm(page);
  await form.connection.selectOption("Partner-Portal");
  await form.choose("CSV");
  await form.add("blocked");
  await form.add("logins_count");
  await form.add("last_login");
  await form.submit.click();

  const job = await newestJob(page);
  await expect(job).toContainText("Partner-Portal");
  await expect(job).toContainText("Completed");
  const cells = readCsv(await textOf(await downloadBy(page, jobControls(job).download)));
  const users = storedUsers(server, { connection: "Partner-Portal" });
  expect(users.length).toBe(3_000);
  const expected = expectedCsv(users, [BLOCKED, LOGINS_COUNT, LAST_LOGIN]);
  expect(cells.length).toBe(expected.length);
  expected.forEach((row, index) => expectSame(cells[index], row));
});

/** The way that people take to the form. */
async function openForm(page: Page): Promise<ExportForm> {
  await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Import/Export Users" }).click();
  await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
  await page.getByRole("button", { name: "Export Users" }).click();
  await expect(page.getByRole("heading", { name: "Export Users", exact: true })).toBeVisible();
  return new ExportForm(page);
}

async function newestJob(page: Page) {
  await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
  return jobRows(page).first();
}

function readCsv(text: string): string[][] {
  return parse(text, { record_delimiter: "\r\n" });
}

/** A line holds the default fields and then both metadata objects, character for character as they are stored. */
function expectLine(line: string, user: StoredUser): void {
  const metadata = (["user_metadata", "app_metadata"] as const).filter((name) => user[name] !== null);
  const ending = metadata.map((name) => `,"${name}":${user[name]}`).join("");
  if (!line.endsWith(`${ending}}`)) expect(line).toContain(ending);
  const actual = JSON.parse(line) as Record<string, unknown>;
  const expected = expectedJson(user);
  for (const name of metadata) expected[name] = JSON.parse(user[name]!);
  expectSame(actual, expected);
  expectSame(Object.keys(actual), Object.keys(expected));
}

/** As `toEqual`, but quick enough for each of thousands. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** The job's page shows the hash of the gzipped file, and that file holds the downloaded text. */
async function expectSha256(page: Page, download: Download, text: string): Promise<void> {
  const answer = await page.request.get(`${download.url()}.gz`);
  expect(answer.headers()["content-disposition"]).toContain(`${download.suggestedFilename()}.gz`);
  const gz = await answer.body();
  const hash = createHash("sha256").update(gz).digest("hex");
  await expect(detail(page, "SHA-256 of the .gz file")).toHaveText(hash);
  expect(gunzipSync(gz).toString("utf8") === text, "the gzipped file is the same").toBe(true);
}
