import { type Page } from "@playwright/test";
import { expectNoReload, forbidReloads, signIn, visit } from "./support/browsing.ts";
import { storedUsers } from "./support/database.ts";
import {
  ImportForm,
  expectFigures,
  failedRows,
  mended,
  newUser,
  usersWithBroken,
  writtenFile,
} from "./support/import-form.ts";
import { detail, downloadBy, jobControls, jobRows, textOf } from "./support/jobs.ts";
import type { Server } from "./support/server.ts";
import { expect, test } from "./support/test.ts";

const COUNT = 4_000;
const BEFORE = 3_000;

test("an editor imports a file with broken users, mends those, and has them all", async ({ page, server }) => {
  const { text, broken, codes } = usersWithBroken(COUNT);
  await visit(page, "/");
  await forbidReloads(page);
  await signIn(page, "editor");
  const form = await openForm(page);
  await form.fill(writtenFile("customers.ndjson", text));
  await expect(page.getByRole("status").filter({ hasText: "customers.ndjson" })).toBeVisible();

  await form.dryRun.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Import dry run Completed");
  await expectFigures(page, {
    "Users read": "4,000",
    "Would be inserted": "3,960",
    "Would be updated": "0",
    "Would fail": "40",
  });
  expect(countOf(server), "a dry run changes nothing").toBe(BEFORE);

  await page.getByRole("button", { name: "Import these users" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Import job Completed");
  await expectFigures(page, { "Users read": "4,000", Inserted: "3,960", Updated: "0", Failed: "40" });
  await expect(detail(page, "File name")).toHaveText("customers.ndjson");
  expect(countOf(server)).toBe(BEFORE + COUNT - broken);

  await expect(failedRows(page)).toHaveCount(40);
  for (const [code, count] of Object.entries(codes)) {
    await page.getByRole("link", { name: `${code} ${count}`, exact: true }).click();
    await expect(page).toHaveURL(new RegExp(`code=${code}$`));
    await expect(failedRows(page)).toHaveCount(count);
    await expect(failedRows(page).first()).toContainText(code);
  }
  await page.getByRole("link", { name: "All 40", exact: true }).click();
  await expect(failedRows(page)).toHaveCount(40);
  const first = failedRows(page).first();
  await expect(first.getByRole("cell").first()).toHaveText("100");
  await first.getByText("JSON", { exact: true }).click();
  await expect(first.getByRole("group", { name: "JSON of user 100" })).toContainText('"email": "not an address"');

  const download = await downloadBy(page, page.getByRole("button", { name: "Download failed users" }));
  const failed = await textOf(download);
  expect(failed.trimEnd().split("\n").length).toBe(broken);

  await page.getByRole("link", { name: "Back to Import/Export Users" }).click();
  const job = jobRows(page).first();
  await expect(job).toContainText("Import users");
  await expect(job).toContainText("Partner-Portal");
  await expect(job).toContainText("4,000");
  await expect(job).toContainText("editor@acme.test");
  await expect(jobControls(job).download).toBeHidden();
  await expect(jobControls(job).exportAgain).toBeHidden();
  await expect(jobRows(page).nth(1)).toContainText("Import dry run");

  await page.getByRole("button", { name: "Import Users" }).click();
  await form.fill(writtenFile("mended.ndjson", mended(failed)));
  await form.submit.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Import job Completed");
  await expectFigures(page, { "Users read": "40", Inserted: "40", Failed: "0" });
  await expect(page.getByRole("heading", { name: /^Failed users/ })).toBeHidden();
  await expectNoReload(page);

  expect(addresses(server)).toEqual(addressesOf(COUNT));
});

test("users who are there already fail, and are changed by an upsert", async ({ page, server }) => {
  const file = writtenFile("users.json", JSON.stringify([newUser(1), newUser(2)]));
  await visit(page, "/");
  await signIn(page, "admin");
  const form = await openForm(page);
  await form.fill(file);
  await form.submit.click();
  await expectFigures(page, { "Users read": "2", Inserted: "2", Failed: "0" });

  const changed = [{ ...newUser(1), given_name: "Beatrix" }, newUser(3)];
  await visit(page, "/users/import-export/import");
  await form.fill(writtenFile("users.json", JSON.stringify(changed)));
  await form.submit.click();
  await expectFigures(page, { "Users read": "2", Inserted: "1", Failed: "1" });
  await expect(failedRows(page)).toContainText(["DUPLICATED_USER"]);

  await visit(page, "/users/import-export/import");
  await form.fill(writtenFile("users.json", JSON.stringify(changed)));
  await form.upsert.check();
  await form.submit.click();
  await expectFigures(page, { "Users read": "2", Inserted: "0", Updated: "2", Failed: "0" });
  await expect(detail(page, "Users who are there already")).toHaveText("Updated (upsert)");
  const ann = storedUsers(server, { connection: "Partner-Portal" }).find(({ email }) => email === newUser(1)["email"]);
  expect(ann?.given_name).toBe("Beatrix");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("an editor imports a file with broken users, mends those, and has them all", async ({ page, server }) => {
    const { text, broken, codes } = usersWithBroken(COUNT);
    await page.goto("/");
    await signIn(page, "editor");
    const form = await openForm(page);
    await form.fill(writtenFile("customers.ndjson", text));
    await form.dryRun.click();
    await untilCompleted(page, "Import dry run");
    await expectFigures(page, { "Would be inserted": "3,960", "Would fail": "40" });
    expect(countOf(server)).toBe(BEFORE);

    await page.getByRole("button", { name: "Import these users" }).click();
    await untilCompleted(page, "Import job");
    await expectFigures(page, { Inserted: "3,960", Failed: "40" });
    await page.getByRole("link", { name: `PATTERN ${codes["PATTERN"]}`, exact: true }).click();
    await expect(failedRows(page)).toHaveCount(codes["PATTERN"]!);
    await jobControls(page).checkStatus.click();
    await expect(page).toHaveURL(/code=PATTERN$/);
    await expect(failedRows(page)).toHaveCount(codes["PATTERN"]!);

    const failed = await textOf(await downloadBy(page, page.getByRole("button", { name: "Download failed users" })));
    expect(failed.trimEnd().split("\n").length).toBe(broken);
    await page.getByRole("link", { name: "Back to Import/Export Users" }).click();
    await page.getByRole("button", { name: "Import Users" }).click();
    await form.fill(writtenFile("mended.ndjson", mended(failed)));
    await form.submit.click();
    await untilCompleted(page, "Import job");
    await expectFigures(page, { Inserted: "40", Failed: "0" });
    expect(addresses(server)).toEqual(addressesOf(COUNT));
  });

  test("a file without users comes back with the form, and the error at it", async ({ page, server, troubles }) => {
    troubles.announce(422);
    await page.goto("/");
    await signIn(page, "editor");
    const form = await openForm(page);
    await form.fill(writtenFile("empty.ndjson", ""));
    await form.upsert.check();
    await form.submit.click();
    await expect(form.file).toHaveAttribute("aria-invalid", "true");
    await expect(form.file).toHaveAccessibleDescription(/empty/);
    await expect(form.connection.locator("option:checked")).toHaveText("Partner-Portal");
    await expect(form.upsert).toBeChecked();
    expect(countOf(server)).toBe(BEFORE);
  });
});

/** The way that people take to the form. */
async function openForm(page: Page): Promise<ImportForm> {
  await page.getByRole("link", { name: "Import/Export Users" }).click();
  await expect(page.getByRole("heading", { name: "Import/Export Users" })).toBeVisible();
  await page.getByRole("button", { name: "Import Users" }).click();
  await expect(page.getByRole("heading", { name: "Import Users", exact: true })).toBeVisible();
  return new ImportForm(page);
}

/** Asks as people do until the job has ended. */
async function untilCompleted(page: Page, title: string): Promise<void> {
  await expect(async () => {
    await jobControls(page).checkStatus.click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${title} Completed`, { timeout: 500 });
  }).toPass();
}

function countOf(server: Server): number {
  return storedUsers(server, { connection: "Partner-Portal" }).length;
}

/** Who was imported. */
function addresses(server: Server): string[] {
  const imported = storedUsers(server, { connection: "Partner-Portal" }).slice(BEFORE);
  return imported.map(({ email }) => email ?? "").sort();
}

function addressesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(newUser(index + 1)["email"])).sort();
}
