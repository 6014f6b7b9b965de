import { type Page, expect } from "@playwright/test";
import { beSignedIn, signIn, visit } from "./browsing.ts";
import { changeJobs, pretendGuesses, pretendImporting, pretendProcessing } from "./database.ts";
import { EXPORT_PATH, ExportForm, expectRemark } from "./export-form.ts";
import { IMPORT_PATH, ImportForm, completeImport, failedRows, usersWithBroken, writtenFile } from "./import-form.ts";
import { JOBS_PATH, completeSample, jobControls, jobPath, jobRows } from "./jobs.ts";
import { PROFILE_PATH, haveSecondFactor, profilePage, setUpByHand } from "./profile.ts";
import type { Server, ServerOptions } from "./server.ts";
import type { Troubles } from "./troubles.ts";
import { DIFFICULT_USERS, importUsers, rows, userPath } from "./users.ts";

const MEMBERS = "/settings/members";
const CLIENTS = "/settings/clients";

/** A page in one of its states. */
export interface Stop {
  name: string;
  options?: ServerOptions;
  /** Brings the page into the state. */
  show(world: { page: Page; server: Server; troubles: Troubles }): Promise<void>;
}

/** Every page of the product in every state that looks different. */
export const TOUR: Stop[] = [
  { name: "sign-in", show: ({ page }) => visit(page, "/sign-in") },
  {
    name: "sign-in-refused",
    async show({ page, troubles }) {
      troubles.announce(401);
      await visit(page, "/sign-in");
      await signIn(page, "viewer", "not the password");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "sign-in-slowed-down",
    async show({ page, server, troubles }) {
      troubles.announce(429);
      await visit(page, "/sign-in");
      pretendGuesses(server, "viewer@acme.test");
      await signIn(page, "viewer");
      await expect(page.getByRole("alert")).toContainText("Too many attempts.");
    },
  },
  {
    name: "sign-in-code",
    async show({ page, troubles }) {
      troubles.announce(401);
      await beSignedIn(page, "viewer");
      await haveSecondFactor(page);
      await visit(page, "/sign-in");
      await signIn(page, "viewer");
      await page.getByLabel("Authentication code").fill("000000");
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "set-up",
    options: { demo: false },
    show: async ({ page, server }) => visit(page, await server.printed(/http:\/\/\S+\/set-up\?token=\S+/)),
  },
  {
    name: "clients",
    async show({ page, server }) {
      server.muster("client", "add", "Nightly export", "--scope", "read:users,read:connections");
      await beSignedIn(page, "admin");
      await visit(page, CLIENTS);
      await page.getByLabel("Name").fill("Reports");
      await page.getByRole("button", { name: "Create client" }).click();
      await expect(page.getByLabel("Client secret")).toBeFocused();
    },
  },
  { name: "api", show: async ({ page }) => void (await page.goto("/docs/api")) },
  { name: "users", show: signedIn("/users") },
  {
    name: "users-of-empty-connection",
    async show({ page, server }) {
      server.muster("connection", "add", "Empty");
      await beSignedIn(page, "viewer");
      await visit(page, "/users");
      await page.getByLabel("Connection").selectOption("Empty");
      await expect(page.getByRole("heading", { name: "No users here" })).toBeVisible();
    },
  },
  {
    name: "users-found",
    async show({ page, server }) {
      importUsers(server, DIFFICULT_USERS);
      await signedIn("/users?q=screenshot")({ page });
      await expect(rows(page)).toHaveCount(DIFFICULT_USERS.length);
    },
  },
  {
    name: "users-not-found",
    async show({ page }) {
      await signedIn("/users?q=nobody+is+called+so&connection=")({ page });
      await expect(page.getByRole("heading", { name: "No user matches" })).toBeVisible();
    },
  },
  {
    name: "users-search-too-long",
    async show({ page, troubles }) {
      troubles.announce(422);
      await signedIn(`/users?q=${"x".repeat(400)}`)({ page });
    },
  },
  {
    name: "user",
    async show({ page, server }) {
      importUsers(server, DIFFICULT_USERS);
      await signedIn(userPath("tour"))({ page });
    },
  },
  {
    name: "user-of-wide-texts",
    async show({ page, server }) {
      importUsers(server, DIFFICULT_USERS);
      await signedIn(userPath("wide"))({ page });
    },
  },
  {
    name: "user-gone",
    async show({ page, troubles }) {
      troubles.announce(404);
      await signedIn(userPath("nobody"))({ page });
    },
  },
  {
    name: "members",
    async show({ page, server }) {
      server.muster("member", "disable", "editor@acme.test");
      await beSignedIn(page, "admin");
      await visit(page, MEMBERS);
      await page.getByLabel("Email").fill("ann@acme.test");
      await page.getByRole("button", { name: "Create invitation link" }).click();
      await expect(page.getByLabel("Invitation link")).toBeVisible();
      await page.getByText("Remove", { exact: true }).last().click();
      await expect(page.getByRole("button", { name: "Remove member" })).toBeVisible();
    },
  },
  {
    name: "members-refused",
    async show({ page, troubles }) {
      troubles.announce(409, 422);
      await beSignedIn(page, "admin");
      await visit(page, MEMBERS);
      await page.getByText("Disable", { exact: true }).first().click();
      await page.getByRole("button", { name: "Disable member" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
      await page.getByRole("button", { name: "Create invitation link" }).click();
      await expect(page.getByLabel("Email")).toHaveAttribute("aria-invalid", "true");
    },
  },
  {
    name: "member",
    async show({ page }) {
      await beSignedIn(page, "viewer");
      await beSignedIn(page, "admin");
      await visit(page, MEMBERS);
      await page.getByRole("table").getByRole("link", { name: "admin@acme.test" }).click();
      await expect(page.getByRole("heading", { name: "admin@acme.test" })).toBeVisible();
    },
  },
  {
    name: "member-without-sessions",
    async show({ page }) {
      await beSignedIn(page, "admin");
      await visit(page, MEMBERS);
      await page.getByRole("link", { name: "viewer@acme.test" }).click();
      await expect(page.getByRole("heading", { name: "No sessions" })).toBeVisible();
    },
  },
  { name: "your-sessions", show: signedIn("/profile/sessions") },
  {
    name: "invitation",
    async show({ page }) {
      await beSignedIn(page, "admin");
      const form = { email: "ann@acme.test", role: "viewer-users" };
      const answer = await page.request.post("/rpc/invite_member", { form, headers: { accept: "application/json" } });
      const { link } = (await answer.json()) as { link: string };
      await visit(page, link);
      await expect(page.getByRole("button", { name: "Show password" })).toBeVisible();
    },
  },
  {
    name: "invitation-closed",
    async show({ page, troubles }) {
      troubles.announce(404);
      await visit(page, "/invitation?token=guessed");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "jobs-none", show: signedIn(JOBS_PATH) },
  {
    name: "jobs",
    async show({ page, server }) {
      await beSignedIn(page, "viewer");
      await completeSample(page);
      changeJobs(server, { status: "failed", status_details: "The disk is full." });
      await completeSample(page);
      await visit(page, JOBS_PATH);
      await expect(jobRows(page)).toHaveCount(2);
    },
  },
  {
    name: "jobs-running",
    async show({ page, server }) {
      await beSignedIn(page, "viewer");
      await completeSample(page);
      pretendProcessing(server, 604_000, 1_204_211);
      await visit(page, JOBS_PATH);
      await expect(page.getByRole("progressbar")).toBeVisible();
    },
  },
  {
    name: "jobs-mine-none",
    async show({ page, server }) {
      await beSignedIn(page, "viewer");
      await completeSample(page);
      changeJobs(server, { created_by: "editor@acme.test" });
      await visit(page, `${JOBS_PATH}?jobs=mine`);
    },
  },
  {
    name: "jobs-cancelled",
    async show({ page, server }) {
      await beSignedIn(page, "viewer");
      await completeSample(page);
      pretendProcessing(server, 604_000, 1_204_211);
      await visit(page, JOBS_PATH);
      await jobControls(page).cancel.click();
      await expect(page.getByText("Cancelled by viewer@acme.test.").first()).toBeVisible();
    },
  },
  { name: "export", show: signedIn(EXPORT_PATH) },
  {
    name: "export-filled-in",
    async show({ page }) {
      const form = await openedForm(page);
      await form.choose("CSV");
      await form.add("identities[0].connection", "provider");
      await form.add("user_metadata.address.city", "City");
      await form.sample.check();
    },
  },
  {
    name: "export-with-remarks",
    async show({ page }) {
      const form = await openedForm(page);
      await form.add("email", "E-mail");
      await form.add("colour");
      await expect(form.field(2).attribute).toHaveAttribute("aria-invalid", "true");
      await expectRemark(form.field(1).attribute, /among the default fields/);
    },
  },
  {
    name: "export-with-errors",
    async show({ page }) {
      const form = await openedForm(page);
      await form.choose("CSV");
      await form.add("app_metadata");
      await form.add("colour", "email");
      await form.submit.click();
      await expect(form.summary).toBeFocused();
    },
  },
  {
    name: "export-of-nothing",
    async show({ page }) {
      const form = await openedForm(page);
      await form.includeDefaults.uncheck();
      await form.submit.click();
      await expect(form.summary).toBeFocused();
    },
  },
  {
    name: "job",
    async show({ page }) {
      await beSignedIn(page, "viewer");
      await visit(page, jobPath(await completeSample(page)));
    },
  },
  {
    name: "job-running",
    async show({ page, server }) {
      await beSignedIn(page, "viewer");
      const job = await completeSample(page);
      pretendProcessing(server, 604_000, 1_204_211);
      await visit(page, jobPath(job));
    },
  },
  {
    name: "job-failed",
    async show({ page, server }) {
      await beSignedIn(page, "viewer");
      const job = await completeSample(page);
      changeJobs(server, { status: "failed", status_details: "The disk is full." });
      await visit(page, jobPath(job));
    },
  },
  {
    name: "job-cancelled",
    async show({ page, server }) {
      await beSignedIn(page, "viewer");
      const job = await completeSample(page);
      pretendProcessing(server, 604_000, 1_204_211);
      await visit(page, jobPath(job));
      await jobControls(page).cancel.click();
      await expect(page.getByText("There is no file.")).toBeVisible();
    },
  },
  {
    name: "job-gone",
    async show({ page, troubles }) {
      troubles.announce(404);
      await signedIn(jobPath("job_0000000000000000"))({ page });
    },
  },
  {
    name: "jobs-of-both-kinds",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      await completeSample(page);
      const { text } = usersWithBroken(1_000);
      await completeImport(page, server, { text, dryRun: true });
      await completeImport(page, server, { text });
      await visit(page, JOBS_PATH);
      await expect(jobRows(page)).toHaveCount(3);
    },
  },
  {
    name: "import",
    async show({ page }) {
      await beSignedIn(page, "admin");
      await visit(page, IMPORT_PATH);
      await expect(page.getByText("Or drop it anywhere on this page.")).toBeVisible();
    },
  },
  {
    name: "import-filled-in",
    async show({ page }) {
      await beSignedIn(page, "admin");
      await visit(page, IMPORT_PATH);
      const form = new ImportForm(page);
      await form.fill(writtenFile("customers-of-the-whole-of-last-year-exported-on-monday.ndjson.gz", "x".repeat(123_456)));
      await form.upsert.check();
    },
  },
  {
    name: "import-with-errors",
    async show({ page }) {
      await beSignedIn(page, "editor");
      await visit(page, IMPORT_PATH);
      const form = new ImportForm(page);
      await form.submit.click();
      await expect(form.file).toBeFocused();
    },
  },
  {
    name: "import-uploading",
    async show({ page, troubles }) {
      troubles.announce(/ERR_FAILED/);
      await beSignedIn(page, "editor");
      await visit(page, IMPORT_PATH);
      let slices = 0;
      await page.route("**/uploads/*", (route) => {
        if (route.request().method() === "PATCH" && ++slices > 1) return route.abort("failed");
        return route.continue();
      });
      const form = new ImportForm(page);
      await form.fill(writtenFile("customers.ndjson", usersWithBroken(8_000).text));
      await form.submit.click();
      await expect(page.getByText(/trying again… in [48] s/)).toBeVisible();
    },
  },
  {
    name: "import-without-connection",
    options: { demo: false },
    async show({ page, server }) {
      await page.goto(await server.printed(/http:\/\/\S+\/set-up\?token=\S+/));
      await page.getByLabel("Email").fill("first@acme.test");
      await page.getByLabel("Password").fill("correct horse battery");
      await page.getByRole("button", { name: "Create Admin" }).click();
      await expect(page.getByRole("heading", { name: "Users", exact: true, level: 1 })).toBeVisible();
      await visit(page, IMPORT_PATH);
      await expect(page.getByRole("heading", { name: "No connection yet" })).toBeVisible();
    },
  },
  {
    name: "job-import",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      const odd = ['{"email":"a@b.example","name":"x', "[1]", '{"colour":"red"}'].join("\n");
      const text = usersWithBroken(6_000).text + odd;
      await visit(page, jobPath(await completeImport(page, server, { text })));
      await failedRows(page).first().getByText("JSON", { exact: true }).click();
      await expect(page.getByRole("group", { name: "JSON of user 100" })).toBeVisible();
    },
  },
  {
    name: "job-import-without-failures",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      await visit(page, jobPath(await completeImport(page, server, { text: usersWithBroken(99).text })));
    },
  },
  {
    name: "job-import-for-a-viewer",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      const job = await completeImport(page, server, { text: usersWithBroken(1_000).text });
      await signedIn(jobPath(job))({ page });
      await expect(page.getByRole("heading", { name: "Result" })).toBeVisible();
    },
  },
  {
    name: "job-import-running",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      const job = await completeImport(page, server, { text: usersWithBroken(1_000).text });
      pretendImporting(server, 60_000);
      await visit(page, jobPath(job));
      await expect(page.getByRole("progressbar")).toBeVisible();
    },
  },
  {
    name: "job-import-cancelled",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      const job = await completeImport(page, server, { text: usersWithBroken(99).text });
      pretendImporting(server, 6_000);
      await visit(page, jobPath(job));
      await jobControls(page).cancel.click();
      await expect(page.getByText("Cancelled by editor@acme.test.").first()).toBeVisible();
    },
  },
  {
    name: "job-import-failed",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      const job = await completeImport(page, server, { text: usersWithBroken(99).text });
      changeJobs(server, { status: "failed", status_details: "The file is cut off: line 100 has no end." });
      await visit(page, jobPath(job));
    },
  },
  {
    name: "job-dry-run",
    async show({ page, server }) {
      await beSignedIn(page, "editor");
      await visit(page, jobPath(await completeImport(page, server, { text: usersWithBroken(1_000).text, dryRun: true })));
      await expect(page.getByRole("button", { name: "Import these users" })).toBeVisible();
    },
  },
  { name: "profile", show: signedIn(PROFILE_PATH) },
  {
    name: "profile-with-second-factor",
    async show({ page, troubles }) {
      troubles.announce(401);
      await beSignedIn(page, "viewer");
      await haveSecondFactor(page);
      await visit(page, `${PROFILE_PATH}?ended=2`);
      const profile = profilePage(page);
      await expect(page.getByText("Your password is changed.")).toBeVisible();
      await profile.current.fill("not the password");
      await profile.new.fill("another horse battery");
      await profile.change.click();
      await expect(page.getByText("This is not your current password.")).toBeVisible();
      await profile.turnOff.getByLabel("Password").fill("not the password");
      await profile.turnOff.getByRole("button", { name: "Turn off" }).click();
      await expect(profile.turnOff.getByRole("alert")).toBeVisible();
    },
  },
  { name: "profile-changed", show: signedIn(`${PROFILE_PATH}?ended=2`) },
  {
    name: "set-up-app",
    async show({ page }) {
      await signedIn(PROFILE_PATH)({ page });
      await profilePage(page).setUp.click();
      await expect(page.getByRole("img", { name: "QR code with the secret" })).toBeVisible();
    },
  },
  {
    name: "recovery-codes",
    async show({ page }) {
      await signedIn(PROFILE_PATH)({ page });
      await setUpByHand(page);
    },
  },
  {
    name: "recovery-codes-shown",
    async show({ page, troubles }) {
      troubles.announce(404);
      await signedIn(`${PROFILE_PATH}/recovery-codes`)({ page });
    },
  },
  {
    name: "activity",
    async show({ page }) {
      await beSignedIn(page, "admin");
      await completeSample(page);
      await visit(page, "/activity");
      await page.getByText("More", { exact: true }).nth(1).click();
    },
  },
  {
    name: "activity-none",
    async show({ page }) {
      await beSignedIn(page, "admin");
      await visit(page, "/activity?member=nobody@acme.test");
      await expect(page.getByRole("heading", { name: "No entries match" })).toBeVisible();
    },
  },
  {
    name: "activity-wrong-day",
    async show({ page, troubles }) {
      troubles.announce(422);
      await beSignedIn(page, "admin");
      await visit(page, "/activity?from=2027-02-29&to=2026-01-01&action=nothing");
    },
  },
  {
    name: "not-allowed",
    async show({ page, troubles }) {
      troubles.announce(403);
      await beSignedIn(page, "config");
      await visit(page, "/users");
    },
  },
  {
    name: "page-not-found",
    async show({ page, troubles }) {
      troubles.announce(404);
      await visit(page, "/nowhere");
    },
  },
];

function signedIn(path: string) {
  return async ({ page }: { page: Page }) => {
    await beSignedIn(page, "viewer");
    await visit(page, path);
  };
}

async function openedForm(page: Page): Promise<ExportForm> {
  await signedIn(EXPORT_PATH)({ page });
  return new ExportForm(page);
}
