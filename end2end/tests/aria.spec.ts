import { beSignedIn, visit } from "./support/browsing.ts";
import { changeJobs, pretendProcessing } from "./support/database.ts";
import { EXPORT_PATH, ExportForm } from "./support/export-form.ts";
import { IMPORT_PATH, completeImport, usersWithBroken } from "./support/import-form.ts";
import { JOBS_PATH, completeSample, jobPath } from "./support/jobs.ts";
import { expect, test } from "./support/test.ts";

test.beforeEach(async ({ page }) => beSignedIn(page, "viewer"));

test("Export Users is read out in the order of the form", async ({ page }) => {
  await visit(page, EXPORT_PATH);
  const form = new ExportForm(page);
  await form.add("last_login");
  await form.add("last_ip");
  await expect(page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - link "Back to Import/Export Users"
      - heading "Export Users" [level=1]
      - region "Export Settings":
        - heading "Export Settings" [level=2]
        - combobox "Connection"
        - combobox "Export Format"
      - region "Export Fields":
        - heading "Export Fields" [level=2]
        - status: 16 fields
        - switch "Include default fields" [checked]
        - group "Field 1":
          - combobox "User Attribute": last_login
          - textbox "Field Name"
          - button "Move field 1 up" [disabled]
          - button "Move field 1 down"
          - button "Remove field 1"
        - group "Field 2":
          - combobox "User Attribute": last_ip
          - textbox "Field Name"
          - button "Move field 2 up"
          - button "Move field 2 down" [disabled]
          - button "Remove field 2"
        - button "Add Fields"
        - checkbox "Export as Sample"
      - region "Summary":
        - heading "Summary" [level=2]
        - paragraph: /You will export all users of all connections as JSON with 16 fields/
      - button "Reset Form"
      - button "Export Users"
  `);
});

test("Import/Export Users names each job's columns and what can be done with it", async ({ page, server }) => {
  await completeSample(page);
  changeJobs(server, { status: "failed", status_details: "The disk is full." });
  await completeSample(page);
  await visit(page, JOBS_PATH);
  await expect(page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - link "Back to Users"
      - heading "Import/Export Users" [level=1]
      - button "Export Users"
      - heading "Jobs" [level=2]
      - navigation "Jobs to show":
        - link "All jobs"
        - link "My jobs"
      - table "Jobs":
        - rowgroup:
          - row:
            - columnheader "Type"
            - columnheader "Connection"
            - columnheader "Format"
            - columnheader "Rows"
            - columnheader "Status"
            - columnheader "Created by"
            - columnheader "Created"
            - columnheader "Expires"
            - columnheader "Actions"
        - rowgroup:
          - row:
            - cell "Completed"
            - cell "viewer@acme.test"
            - cell:
              - button "Check Status"
              - button "Download export"
              - link "Export again"
              - link "More info"
          - row:
            - cell "Failed"
            - cell:
              - paragraph: The disk is full.
              - button "Check Status"
              - link "Export again"
              - link "More info"
      - paragraph: Each download gets a fresh link that works for 60 seconds.
  `);
});

test("Job tells of a running job what it is, how far it is, and what can be done", async ({ page, server }) => {
  const job = await completeSample(page);
  pretendProcessing(server, 2_500, 10_000);
  await visit(page, jobPath(job));
  await expect(page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - link "Back to Import/Export Users"
      - heading "Export job Processing" [level=1]
      - button "Check Status"
      - button "Cancel export"
      - link "Export again"
      - progressbar "Progress"
      - region "Details":
        - heading "Details" [level=2]
        - term: Rows written
        - definition: 2,500
        - term: Rows expected
        - definition: 10,000
        - term: Throughput
        - term: Attempts
        - term: Expires
      - region "Fields (the default ones)":
        - heading "Fields (the default ones)" [level=2]
        - table "Fields (the default ones)"
  `);
});

test("Import Users is read out in the order of the form", async ({ page }) => {
  await beSignedIn(page, "admin");
  await visit(page, IMPORT_PATH);
  await expect(page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - link "Back to Import/Export Users"
      - heading "Import Users" [level=1]
      - region "File":
        - heading "File" [level=2]
        - button "File with users"
      - region "Import Settings":
        - heading "Import Settings" [level=2]
        - combobox "Connection"
        - checkbox "Upsert pre-existing users in connection"
        - checkbox "Restore read-only attributes"
      - button "Dry Run"
      - button "Import Users"
  `);
});

test("Job tells of a dry run what would happen, who would fail and why", async ({ page, server }) => {
  await beSignedIn(page, "editor");
  await visit(page, jobPath(await completeImport(page, server, { text: usersWithBroken(200).text, dryRun: true })));
  await expect(page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - link "Back to Import/Export Users"
      - heading "Import dry run Completed" [level=1]
      - button "Check Status"
      - region "What would happen":
        - heading "What would happen" [level=2]
        - term: Users read
        - definition: "200"
        - term: Would be inserted
        - definition: "198"
        - term: Would be updated
        - definition: "0"
        - term: Would fail
        - definition: "2"
        - term: Attributes passed over
        - definition: "0"
        - button "Import these users"
      - region "Failed users (2)":
        - heading "Failed users (2)" [level=2]
        - button "Download failed users"
        - navigation "Errors to show":
          - link "All 2"
          - link "FORMAT 1"
          - link "PATTERN 1"
        - table "Failed users (2)":
          - rowgroup:
            - row:
              - columnheader "User"
              - columnheader "Line"
              - columnheader "Errors"
          - rowgroup:
            - row:
              - cell "100"
              - cell "100"
              - cell:
                - list:
                  - listitem:
                    - code: FORMAT
                    - text: email is not an e-mail address
            - row:
              - cell "200"
      - region "Details":
        - heading "Details" [level=2]
        - term: File name
        - definition: customers.ndjson
  `);
});
