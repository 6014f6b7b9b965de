import { type Locator, type Page } from "@playwright/test";
import { beSignedIn, expectNoReload, forbidReloads, visit } from "./support/browsing.ts";
import { expect, test } from "./support/test.ts";
import { importUsers, rows, searchForm, userPath } from "./support/users.ts";

const ANN = {
  user_id: "5f7c8ec7c33c6c004bbafe82",
  email: "ann.zweistein@muster.example",
  name: "Ann Zweistein",
  blocked: true,
  picture: "https://pictures.example/ann.png",
  user_metadata: { address: { city: "Köln", zip: "50667" }, precise: 1.5, tags: ["a", "b"], nothing: null },
};

test.beforeEach(async ({ page }) => beSignedIn(page, "viewer"));

test("search, without a reload, and back", async ({ page, server }) => {
  importUsers(server, [ANN, { username: "zweistein_2", name: "Bea" }]);
  await visit(page, "/users");
  await forbidReloads(page);
  const { box, connection, search, clear } = searchForm(page);
  const count = page.getByRole("main").getByRole("status");
  await expect(count).toHaveText("10,002 users");
  await expect(box).toHaveAccessibleDescription(/name, email, username, user ID and phone number/);

  await box.fill("ZWEI");
  await box.press("Enter");
  await expect(rows(page)).toHaveCount(2);
  await expect(page).toHaveURL("/users?q=ZWEI");
  await expect(count).toHaveText("2 of 10,002 users match");
  await expect(box).toBeFocused();

  await box.fill("ann.zweistein@muster.example");
  await search.click();
  await expect(rows(page)).toHaveCount(1);
  await expect(count).toHaveText("1 of 10,002 users matches");

  await connection.selectOption("Username-Password-Authentication");
  await expect(page.getByRole("heading", { name: "No user matches" })).toBeVisible();
  await expect(count).toHaveText("0 of 7,000 users match");
  await page.getByRole("link", { name: "Search all connections" }).click();
  await expect(rows(page)).toHaveCount(1);

  await page.goBack();
  await expect(page.getByRole("heading", { name: "No user matches" })).toBeVisible();
  await page.goBack();
  await page.goBack();
  await expect(rows(page)).toHaveCount(2);
  await expect(box).toHaveValue("ZWEI");
  await expect(count).toHaveText("2 of 10,002 users match");
  await clear.click();
  await expect(rows(page)).toHaveCount(50);
  await expect(box).toHaveValue("");
  await expect(count).toHaveText("10,002 users");
  await expectNoReload(page);
});

test("words are never an error, but for what is too long; a query says where it is wrong", async ({ page, troubles }) => {
  troubles.announce(422);
  await visit(page, "/users");
  await forbidReloads(page);
  const { box } = searchForm(page);
  for (const text of ["%41", "100% & #1 + ä 😀?", "' or 1=1 --", "name*", "<b>", "email:*@mail.example AND NOT blocked:true"]) {
    await box.fill(text);
    await box.press("Enter");
    await expect(page).toHaveURL((url) => url.searchParams.get("q") === text);
    await expect(page.getByRole("heading", { name: "No user matches" }).or(rows(page).first())).toBeVisible();
    await expect(box).toHaveValue(text);
    await expect(box).not.toHaveAttribute("aria-invalid");
  }
  await box.fill("x".repeat(10_240));
  await box.press("Enter");
  await expect(box).toHaveAttribute("aria-invalid", "true");
  await expect(box).toHaveAccessibleDescription(/at most 2000 characters; this has 10240/);
  for (const [text, error] of [["name:(ann OR lee", /at character/], ["nmae:ann", /at character 1/]] as const) {
    await box.fill(text);
    await box.press("Enter");
    await expect(box).toHaveAccessibleDescription(error);
    await expect(box).toHaveAttribute("aria-invalid", "true");
  }
  await box.fill("ann");
  await box.press("Enter");
  await expect(box).not.toHaveAttribute("aria-invalid", "true");
  await expect(rows(page).first()).toBeVisible();
  await expectNoReload(page);
});

test("every page of a search is met once, on the way there and back", async ({ page, server }) => {
  importUsers(server, Array.from({ length: 120 }, (_, n) => ({ username: `walker${n}`, name: `Walker Number ${n}` })));
  await visit(page, "/users?q=walker");
  const there: string[] = [];
  for (const last of [false, false, true]) {
    await expect(page.getByRole("link", { name: "Older" })).toHaveCount(last ? 0 : 1);
    there.push(...(await names(page)));
    if (!last) await turn(page, "Older");
  }
  expect(there).toEqual(Array.from({ length: 120 }, (_, n) => `Walker Number ${119 - n}`));
  await turn(page, "Newer");
  await turn(page, "Newer");
  expect(await names(page)).toEqual(there.slice(0, 50));
  await expect(page.getByRole("link", { name: "Newer" })).toHaveCount(0);
});

test("a user's page, and back to the search", async ({ page, server }) => {
  importUsers(server, [ANN]);
  await visit(page, "/users?q=zweistein");
  await forbidReloads(page);
  await page.getByRole("link", { name: "Ann Zweistein" }).click();
  await expect(page.getByRole("heading", { name: "Ann Zweistein Blocked", level: 1 })).toBeVisible();
  await expect(page).toHaveTitle("Ann Zweistein · Muster");
  await expect(page.getByRole("main")).toBeFocused();

  const profile = page.getByRole("region", { name: "Profile" });
  for (const [label, value] of [
    ["Connection", "Partner-Portal"],
    ["User ID", `auth0|${ANN.user_id}`],
    ["Email", ANN.email],
    ["Email verified", "No"],
    ["Blocked", "Yes"],
  ] as const) {
    await expect(fact(profile, label)).toHaveText(value);
  }
  await expect(fact(profile, "Created at").locator("time")).toHaveAttribute("title", /UTC$/);
  const picture = fact(profile, "Picture").getByRole("link", { name: ANN.picture });
  await expect(picture).toHaveAttribute("rel", /noreferrer/);
  await expect(page.locator("img")).toHaveCount(0);
  await expect(fact(page.getByRole("region", { name: "Identities" }), "Provider")).toHaveText("auth0");
  await expect(page.getByRole("region", { name: "App metadata" })).toContainText("None");

  const raw = JSON.parse(await page.getByRole("region", { name: "Raw JSON" }).locator("pre").innerText());
  expect(raw.user_metadata).toEqual(ANN.user_metadata);
  expect(raw.identities).toEqual([
    { connection: "Partner-Portal", user_id: ANN.user_id, provider: "auth0", isSocial: false },
  ]);
  await page.getByRole("link", { name: "Back to Users" }).click();
  await expect(page).toHaveURL("/users?q=zweistein");
  await expect(rows(page)).toHaveCount(1);
  await expectNoReload(page);
});

test("the JSON tree opens and closes by the keyboard", async ({ page, server }) => {
  importUsers(server, [ANN]);
  await visit(page, userPath(ANN.user_id));
  const metadata = page.getByRole("region", { name: "User metadata" });
  await expect(metadata.getByText("Köln")).toBeVisible();
  const address = metadata.locator("summary", { hasText: "address" });
  await address.focus();
  await page.keyboard.press("Enter");
  await expect(metadata.getByText("Köln")).toBeHidden();
  await page.keyboard.press("Space");
  await expect(metadata.getByText("Köln")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(metadata.locator("summary", { hasText: "tags" })).toBeFocused();
});

test("the raw JSON is copied", async ({ page, server, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  importUsers(server, [ANN]);
  await visit(page, userPath(ANN.user_id));
  const raw = page.getByRole("region", { name: "Raw JSON" }).first();
  await page.getByRole("button", { name: "Copy JSON" }).click();
  await expect(raw.getByRole("status")).toHaveText("Copied");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(copied).email).toBe(ANN.email);
  expect(copied).toBe(await raw.locator("pre").textContent());
});

test("a browser that refuses to copy is told about", async ({ page, server }) => {
  importUsers(server, [ANN]);
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await visit(page, userPath(ANN.user_id));
  await page.getByRole("button", { name: "Copy JSON" }).click();
  await expect(page.getByRole("region", { name: "Raw JSON" }).first().getByRole("status")).toContainText("select the text");
});

test("links lead to users with any id", async ({ page, server }) => {
  const ids = ["a/../b?c#d", "%2F%41", "ä \\ 😀", "import-export", "plus+&amp;"];
  importUsers(server, ids.map((user_id, n) => ({ user_id, username: `odd${n}`, name: `Odd Number ${n}` })));
  for (const [n, id] of ids.entries()) {
    await visit(page, "/users?q=odd");
    await page.getByRole("link", { name: `Odd Number ${n}` }).click();
    await expect(page.getByRole("heading", { name: `Odd Number ${n}`, level: 1 })).toBeVisible();
    await expect(page.getByRole("main").locator("code").first()).toHaveText(`auth0|${id}`);
    await page.getByRole("link", { name: "Back to Users" }).click();
    await expect(rows(page)).toHaveCount(ids.length);
  }
});

test("a user who does not exist", async ({ page, troubles }) => {
  troubles.announce(404);
  await visit(page, "/users/auth0%7Cnobody");
  await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("There is no user with this ID");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("search, look at a user, and go back", async ({ page, server }) => {
    importUsers(server, [ANN]);
    await page.goto("/users");
    const { box, connection, search } = searchForm(page);
    await box.fill("zweistein köln");
    await search.click();
    await expect(page.getByRole("heading", { name: "No user matches" })).toBeVisible();
    await box.fill("zweistein");
    await connection.selectOption("Partner-Portal");
    await box.press("Enter");
    await expect(page.getByText("1 of 3,001 users matches")).toBeVisible();
    await expect(box).toHaveValue("zweistein");
    await expect(connection.locator("option:checked")).toHaveText("Partner-Portal");
    await page.getByRole("link", { name: "Ann Zweistein" }).click();
    const metadata = page.getByRole("region", { name: "User metadata" });
    await metadata.locator("summary", { hasText: "address" }).click();
    await expect(metadata.getByText("Köln")).toBeHidden();
    await expect(page.getByRole("button", { name: "Copy JSON" })).toHaveCount(0);
    await page.getByRole("link", { name: "Back to Users" }).click();
    await expect(box).toHaveValue("zweistein");
    await expect(rows(page)).toHaveCount(1);
  });

  test("a search that is too long says so at the box", async ({ page, troubles }) => {
    troubles.announce(422);
    await page.goto("/users");
    const { box, search } = searchForm(page);
    await box.fill("x".repeat(400));
    await search.click();
    await expect(box).toHaveAccessibleDescription(/at most 300 characters; this has 400/);
  });
});

function names(page: Page): Promise<string[]> {
  return rows(page).locator(".person-name").allInnerTexts();
}

async function turn(page: Page, name: "Older" | "Newer"): Promise<void> {
  const before = (await names(page))[0]!;
  await page.getByRole("link", { name }).click();
  await expect(rows(page).first()).not.toContainText(before);
}

/** A line of a list of facts. */
function fact(place: Locator, label: string): Locator {
  const term = place.getByRole("term").filter({ hasText: new RegExp(`^${label}$`) });
  return term.locator("xpath=following-sibling::dd[1]");
}
