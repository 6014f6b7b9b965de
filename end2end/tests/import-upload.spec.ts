import { type Page, type Request } from "@playwright/test";
import { appendFileSync } from "node:fs";
import { beSignedIn, expectNoReload, forbidReloads, reload, visit } from "./support/browsing.ts";
import { countJobs, storedUsers } from "./support/database.ts";
import { IMPORT_PATH, ImportForm, expectFigures, newUser, writtenFile } from "./support/import-form.ts";
import { jobRows } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

const COUNT = 8_000;
const SLICES = "**/uploads/*";

let form: ImportForm;

test.beforeEach(async ({ page }) => {
  await beSignedIn(page, "editor");
  await visit(page, IMPORT_PATH);
  form = new ImportForm(page);
});

test("a file goes in slices, and the bar shows what the server has", async ({ page }) => {
  const network = await heldNetwork(page, 2);
  const { file, bytes } = manyUsers();
  await form.fill(file);
  await form.submit.click();
  const percent = Math.floor(((await network.held) * 100) / bytes);
  expect(percent).toBeGreaterThan(0);
  await expect(form.progress).toHaveAttribute("value", String(percent));
  await expect(page.getByText(/ of .* left$/)).toBeVisible();
  await expect(form.cancelUpload).toBeFocused();
  await expect(form.connection).toBeDisabled();
  network.release();
  await expectFigures(page, { "Users read": "8,000", Inserted: "8,000", Failed: "0" });
});

test("an upload goes on after a reload, when the same file is chosen again", async ({ page, server }) => {
  const network = await heldNetwork(page, 2);
  const { file } = manyUsers();
  await form.fill(file);
  await form.submit.click();
  const before = await network.held;
  expect(before).toBeGreaterThan(0);
  await reload(page);
  await expect(page.getByText("The upload of many.ndjson is not finished.")).toBeVisible();

  const offsets = offsetsOf(page);
  await form.fill(file);
  await expect(page.getByText("A part of it was uploaded before")).toBeVisible();
  await form.submit.click();
  await expectFigures(page, { Inserted: "8,000", Failed: "0" });
  expect(offsets[0], "nothing is sent twice").toBe(before);
  expect(storedUsers(server, { connection: "Partner-Portal" }).length).toBe(3_000 + COUNT);
  await visit(page, IMPORT_PATH);
  await expect(page.getByText("is not finished")).toBeHidden();
});

test("a network that fails is waited for", async ({ page, troubles }) => {
  troubles.announce(/ERR_FAILED/);
  let failures = 2;
  await page.route(SLICES, (route) => {
    if (route.request().method() === "PATCH" && failures-- > 0) return route.abort("failed");
    return route.continue();
  });
  await forbidReloads(page);
  const { file } = manyUsers();
  await form.fill(file);
  await form.submit.click();
  await expect(page.getByText("Can't reach the server, trying again…")).toBeVisible();
  await expectFigures(page, { Inserted: "8,000", Failed: "0" });
  await expectNoReload(page);
});

test("an upload can be cancelled, and then nothing is left of it", async ({ page, server }) => {
  const network = await heldNetwork(page, 2);
  const { file } = manyUsers();
  await form.fill(file);
  await form.submit.click();
  await network.held;
  await form.cancelUpload.click();
  await expect(page.getByRole("status").filter({ hasText: "The upload was cancelled. Nothing was imported." })).toBeAttached();
  await expect(form.progress).toBeHidden();
  await expect(form.submit).toBeFocused();
  expect(countJobs(server)).toBe(0);
  await page.unroute(SLICES);

  const offsets = offsetsOf(page);
  await form.submit.click();
  await expectFigures(page, { Inserted: "8,000", Failed: "0" });
  expect(offsets[0]).toBe(0);
});

test("two tabs upload the same file, each for itself", async ({ page, context }) => {
  const network = await heldNetwork(page, 2);
  const { file } = manyUsers();
  await form.fill(file);
  await form.submit.click();
  await network.held;

  const other = await context.newPage();
  await visit(other, IMPORT_PATH);
  const otherForm = new ImportForm(other);
  const offsets = offsetsOf(other);
  await otherForm.fill(file, "Username-Password-Authentication");
  await otherForm.submit.click();
  await expectFigures(other, { Inserted: "8,000", Failed: "0" });
  expect(offsets[0], "it has an upload of its own").toBe(0);

  network.release();
  await expectFigures(page, { Inserted: "8,000", Failed: "0" });
  await visit(page, "/users/import-export");
  await expect(jobRows(page)).toHaveCount(2);
});

test("a file can be dropped anywhere on the page", async ({ page }) => {
  const users = [newUser(1), newUser(2)].map((user) => JSON.stringify(user)).join("\n");
  await drop(page, [["a.ndjson", users], ["b.ndjson", users]]);
  await expect(form.file).toHaveAccessibleDescription(/Drop one file at a time/);
  await drop(page, [["dropped.ndjson", users]]);
  await expect(page.getByRole("status").filter({ hasText: "dropped.ndjson" })).toBeVisible();
  await expect(form.file).not.toHaveAttribute("aria-invalid");
  await form.connection.selectOption("Partner-Portal");
  await form.submit.click();
  await expectFigures(page, { Inserted: "2", Failed: "0" });
});

test("a file that was changed meanwhile is told to be unreadable", async ({ troubles }) => {
  troubles.announce(/ERR_UPLOAD_FILE_CHANGED/);
  const { file } = manyUsers();
  await form.fill(file);
  appendFileSync(file, "\n");
  await form.submit.click();
  await expect(form.file).toHaveAccessibleDescription(/can't be read any more/);
  await expect(form.file).toBeFocused();
});

test("the back button after an import shows an empty form, and imports nothing", async ({ page, server }) => {
  await form.fill(writtenFile("one.ndjson", JSON.stringify(newUser(1))));
  await form.submit.click();
  await expectFigures(page, { Inserted: "1" });
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Import Users", exact: true })).toBeVisible();
  await expect(form.submit).toBeVisible();
  await page.goForward();
  await expectFigures(page, { Inserted: "1" });
  expect(countJobs(server)).toBe(1);
});

test("a session that ends meanwhile is told, and the upload goes on after signing in", async ({ page, context, troubles }) => {
  troubles.announce(401);
  const network = await heldNetwork(page, 2);
  const { file } = manyUsers();
  await form.fill(file);
  await form.submit.click();
  await network.held;
  const cookies = await context.cookies();
  await context.clearCookies();
  network.release();
  await expect(page.getByRole("alert")).toContainText("Your session has ended.");
  await expect(form.submit).toBeVisible();

  await context.addCookies(cookies);
  const offsets = offsetsOf(page);
  await form.submit.click();
  await expectFigures(page, { Inserted: "8,000", Failed: "0" });
  expect(offsets[0]).toBeGreaterThan(0);
});

test.describe("a server that takes little", () => {
  test.use({ serverOptions: { settings: { MUSTER_IMPORT_MAX_BYTES: "100000" } } });

  test("says so before anything is sent", async ({ page }) => {
    const uploads = requestsTo(page, "/uploads");
    const { file } = manyUsers();
    await form.fill(file);
    await form.submit.click();
    await expect(form.file).toHaveAttribute("aria-invalid", "true");
    await expect(form.file).toHaveAccessibleDescription(/The file is too large: an import has 100000 bytes at most/);
    await expect(form.file).toBeFocused();
    expect(uploads).toEqual([]);
  });
});

/** A file of several slices. */
function manyUsers(): { file: string; bytes: number } {
  const users = Array.from({ length: COUNT }, (_, index) => JSON.stringify(newUser(index + 1)));
  const text = `${users.join("\n")}\n`;
  return { file: writtenFile("many.ndjson", text), bytes: Buffer.byteLength(text) };
}

/** Lets slices through up to the one with this number, which waits until it is released; `held` tells where it begins. */
async function heldNetwork(page: Page, number: number) {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let hold = (_: number) => {};
  const held = new Promise<number>((resolve) => (hold = resolve));
  let slices = 0;
  await page.route(SLICES, async (route) => {
    const request = route.request();
    if (request.method() === "PATCH" && ++slices === number) {
      hold(offsetOf(request));
      await released;
    }
    // The page may have been left meanwhile.
    await route.continue().catch(() => {});
  });
  return { held, release: () => release() };
}

/** Where each slice begins that the page sends from here on. */
function offsetsOf(page: Page): number[] {
  const offsets: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") offsets.push(offsetOf(request));
  });
  return offsets;
}

function offsetOf(request: Request): number {
  return Number(request.headers()["upload-offset"]);
}

/** The addresses of the requests with this path that the page sends from here on. */
function requestsTo(page: Page, path: string): string[] {
  const found: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.startsWith(path)) found.push(request.url());
  });
  return found;
}

/** Drops files on the page, as a hand with a mouse does. */
async function drop(page: Page, files: [name: string, text: string][]): Promise<void> {
  const dataTransfer = await page.evaluateHandle((files) => {
    const data = new DataTransfer();
    for (const [name, text] of files) data.items.add(new File([text], name));
    return data;
  }, files);
  for (const event of ["dragover", "drop"]) await page.dispatchEvent("main", event, { dataTransfer });
}
