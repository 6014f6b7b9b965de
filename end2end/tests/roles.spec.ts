import { type Page } from "@playwright/test";
import { beSignedIn, signIn, visit } from "./support/browsing.ts";
import { countJobs } from "./support/database.ts";
import { EXPORT_PATH, ExportForm } from "./support/export-form.ts";
import { IMPORT_PATH, completeImport, newUser } from "./support/import-form.ts";
import { JOBS_PATH, completeSample, jobControls, jobPath, jobRows } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

const PAGES = ["/users", JOBS_PATH, EXPORT_PATH, IMPORT_PATH, jobPath("job_0000000000000001")];
const REFUSAL = "Your role does not allow this";

test("Viewer - Config sees no page, and is told why", async ({ page, troubles }) => {
  troubles.announce(403);
  await beSignedIn(page, "config");
  for (const path of PAGES) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(403);
    await expect(page.getByRole("heading", { name: REFUSAL })).toBeVisible();
    await expect(page.getByRole("main")).toContainText("config@acme.test with the role Viewer - Config");
    await expect(page.getByRole("main")).toContainText("An Admin of the tenant can give you another role.");
  }
});

test("Viewer - Config is told so right after signing in", async ({ page, troubles }) => {
  troubles.announce(403);
  await visit(page, "/sign-in");
  await signIn(page, "config");
  await expect(page.getByRole("heading", { name: REFUSAL })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

for (const [member, role] of [
  ["admin", "Admin"],
  ["editor", "Editor - Users"],
  ["viewer", "Dashboard Viewer - Users"],
] as const) {
  test(`${role} sees users, exports and jobs`, async ({ page }) => {
    await beSignedIn(page, member);
    const job = await completeSample(page);
    const headings = { "/users": "Users", [JOBS_PATH]: "Import/Export Users", [EXPORT_PATH]: "Export Users" };
    for (const [path, name] of Object.entries({ ...headings, [jobPath(job)]: "Export job" })) {
      await page.goto(path);
      await expect(page.getByRole("heading", { name, level: 1, exact: name === "Users" })).toBeVisible();
      await expect(page.getByRole("region", { name: "Account" })).toContainText(`${member}@acme.test${role}`);
    }
  });
}

test("a viewer neither imports nor sees who could not be imported, but how an import went", async ({ page, server, troubles }) => {
  troubles.announce(403);
  await beSignedIn(page, "editor");
  const text = [newUser(1), { email: "not an address" }].map((user) => JSON.stringify(user)).join("\n");
  const job = await completeImport(page, server, { text, dryRun: true });
  await beSignedIn(page, "viewer");
  await visit(page, JOBS_PATH);
  await expect(page.getByRole("button", { name: "Export Users" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Import Users" })).toBeHidden();
  await visit(page, jobPath(job));
  await expect(page.getByRole("term").filter({ hasText: "Would fail" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Import these users" })).toBeHidden();
  await expect(page.getByRole("heading", { name: /^Failed users/ })).toBeHidden();
  const answer = await page.goto(IMPORT_PATH);
  expect(answer?.status()).toBe(403);
  await expect(page.getByRole("heading", { name: REFUSAL })).toBeVisible();
  expect((await page.request.post(`${jobPath(job)}/failures`)).status()).toBe(403);
  expect(countJobs(server)).toBe(1);
});

for (const [member, restores] of [["admin", true], ["editor", false]] as const) {
  test(`${member} ${restores ? "may" : "may not"} restore read-only attributes`, async ({ page }) => {
    await beSignedIn(page, member);
    await visit(page, IMPORT_PATH);
    await expect(page.getByRole("heading", { name: "Import Users", exact: true })).toBeVisible();
    await expect(page.getByRole("checkbox", { name: "Restore read-only attributes" })).toBeVisible({ visible: restores });
  });
}

test("whoever is signed out signs in first and then gets the page that was asked for", async ({ page }) => {
  const path = `${EXPORT_PATH}?form[format]=csv&form[include_defaults]=true`;
  await visit(page, path);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, "viewer");
  await expect(page.getByRole("heading", { name: "Export Users", exact: true })).toBeVisible();
  await expect(new ExportForm(page).format.locator("option:checked")).toHaveText("CSV file (*.csv)");
});

test("a wrong password is refused without telling which part was wrong", async ({ page, troubles }) => {
  troubles.announce(401);
  await visit(page, "/sign-in");
  await signIn(page, "viewer", "not the password");
  await expect(page.getByRole("alert")).toHaveText("Wrong email or password.");
  await signIn(page, "viewer");
  await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
});

test("after signing out nothing can be seen, not even by the back button", async ({ page }) => {
  await beSignedIn(page, "viewer");
  await visit(page, JOBS_PATH);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto(JOBS_PATH);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test.describe("a role that is taken away while a page is open", () => {
  test.beforeEach(async ({ page }) => beSignedIn(page, "viewer"));

  test("is told at the next submit", async ({ page, server, troubles }) => {
    troubles.announce(403);
    await visit(page, EXPORT_PATH);
    server.muster("member", "set-role", "viewer@acme.test", "viewer-config");
    await new ExportForm(page).submit.click();
    await expect(page.getByText(REFUSAL).first()).toBeVisible();
    expect(countJobs(server)).toBe(0);
  });

  test("is told at the next Check Status", async ({ page, server, troubles }) => {
    troubles.announce(403);
    await completeSample(page);
    await visit(page, JOBS_PATH);
    server.muster("member", "set-role", "viewer@acme.test", "viewer-config");
    await jobControls(jobRows(page).first()).checkStatus.click();
    await expect(page.getByText(REFUSAL).first()).toBeVisible();
    await expect(page.getByRole("table", { name: "Jobs" })).toBeHidden();
  });

  test("is told on the page that follows", async ({ page, server, troubles }) => {
    troubles.announce(403);
    await visit(page, "/users");
    server.muster("member", "set-role", "viewer@acme.test", "viewer-config");
    await page.getByRole("link", { name: "Import/Export Users" }).click();
    await expect(page.getByText(REFUSAL).first()).toBeVisible();
  });

  test("ends a download, even by a link from before", async ({ page, server }) => {
    const job = await completeSample(page);
    const link = await mint(page, job);
    expect((await page.request.get(link)).status()).toBe(200);
    server.muster("member", "set-role", "viewer@acme.test", "viewer-config");
    expect((await page.request.get(link)).status()).toBe(403);
    expect((await page.request.post(`${jobPath(job)}/download`)).status()).toBe(403);
    server.muster("member", "set-role", "viewer@acme.test", "editor-users");
    expect((await page.request.get(link)).status()).toBe(200);
  });
});

/** A fresh link to a job's file. */
async function mint(page: Page, job: string): Promise<string> {
  const answer = await page.request.post(`${jobPath(job)}/download`, { maxRedirects: 0 });
  return answer.headers()["location"]!;
}
