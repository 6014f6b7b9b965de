import { type Download, type Locator, type Page, expect } from "@playwright/test";
import { readFile } from "node:fs/promises";

export const JOBS_PATH = "/users/import-export";

/** The path of a job's page. */
export function jobPath(id: string): string {
  return `${JOBS_PATH}/jobs/${id}`;
}

/** The rows of the table of jobs, the newest first. */
export function jobRows(page: Page): Locator {
  return page.getByRole("table", { name: "Jobs" }).getByRole("row").filter({ hasNot: page.getByRole("columnheader") });
}

/** What one can do with the job of a row, or of the job's page. */
export function jobControls(place: Locator | Page) {
  return {
    cancel: place.getByRole("button", { name: /^Cancel (export|import)$/ }),
    exportAgain: place.getByRole("link", { name: "Export again" }),
    checkStatus: place.getByRole("button", { name: "Check Status" }),
    download: place.getByRole("button", { name: "Download export" }),
    moreInfo: place.getByRole("link", { name: "More info" }),
  };
}

/** A line of the details on a job's page. */
export function detail(page: Page, label: string): Locator {
  const term = page.getByRole("term").filter({ hasText: new RegExp(`^${label}$`) });
  return term.locator("xpath=following-sibling::dd[1]");
}

/** Submits an export without the page, for tests that are about something else, and gives back the job's id. */
export async function submitSample(page: Page): Promise<string> {
  const form = { "form[format]": "csv", "form[include_defaults]": "true", "form[sample]": "true" };
  const answer = await page.request.post("/rpc/submit_export", { form, headers: { accept: "application/json" } });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()) as string;
}

/** Submits an export and waits for its end. */
export async function completeSample(page: Page): Promise<string> {
  return completed(page, await submitSample(page));
}

/** Waits for the end of a job, and gives back its id. */
export async function completed(page: Page, id: string): Promise<string> {
  const status = async () => {
    const answer = await page.request.post("/rpc/get_job", { form: { id }, headers: { accept: "application/json" } });
    return ((await answer.json()) as { status: string }).status;
  };
  await expect.poll(status, { intervals: [50] }).toBe("completed");
  return id;
}

/** Presses a button that downloads something. */
export async function downloadBy(page: Page, button: Locator): Promise<Download> {
  const download = page.waitForEvent("download");
  await button.click();
  return download;
}

/** The text of a downloaded file. */
export async function textOf(download: Download): Promise<string> {
  return readFile(await download.path(), "utf8");
}
