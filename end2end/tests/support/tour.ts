import { type Page, expect } from "@playwright/test";
import { beSignedIn, signIn, visit } from "./browsing.ts";
import { changeJobs, pretendProcessing } from "./database.ts";
import { EXPORT_PATH, ExportForm } from "./export-form.ts";
import { JOBS_PATH, completeSample, jobPath, jobRows } from "./jobs.ts";
import type { Server, ServerOptions } from "./server.ts";
import type { Troubles } from "./troubles.ts";

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
    name: "set-up",
    options: { demo: false },
    show: async ({ page, server }) => visit(page, await server.printed(/http:\/\/\S+\/set-up\?token=\S+/)),
  },
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
    name: "job-gone",
    async show({ page, troubles }) {
      troubles.announce(404);
      await signedIn(jobPath("job_0000000000000000"))({ page });
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
