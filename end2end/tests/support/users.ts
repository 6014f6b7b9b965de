import { type Locator, type Page } from "@playwright/test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "./server.ts";

/** The address of a user's page; `id` is what is behind `auth0|`. */
export function userPath(id: string): string {
  return `/users/${encodeURIComponent(`auth0|${id}`)}`;
}

/** The rows of the table of users. */
export function rows(page: Page): Locator {
  return page.getByRole("table", { name: "Users" }).getByRole("row").filter({ hasNot: page.getByRole("columnheader") });
}

/** What is above the table. */
export function searchForm(page: Page) {
  return {
    box: page.getByRole("searchbox", { name: "Search users" }),
    connection: page.getByLabel("Connection", { exact: true }),
    search: page.getByRole("button", { name: "Search" }),
    clear: page.getByRole("search").getByRole("link", { name: "Clear search" }),
  };
}

/** Adds users to one of the demo's connections. */
export function importUsers(server: Server, users: object[], connection = "Partner-Portal"): void {
  const dir = mkdtempSync(join(tmpdir(), "muster-users-"));
  const file = join(dir, "users.json");
  writeFileSync(file, users.map((user) => JSON.stringify(user)).join("\n"));
  server.muster("import", "--connection", connection, file);
  rmSync(dir, { recursive: true });
}

/** Users who test a page's patience: wide texts, other scripts, much metadata. Each has a word "screenshot". */
export const DIFFICULT_USERS = [
  {
    user_id: "tour",
    username: "screenshot-1",
    email: "ann.zweistein@muster.example",
    email_verified: true,
    name: "Ann Zweistein",
    given_name: "Ann",
    family_name: "Zweistein",
    nickname: "ann",
    phone_number: "+4915112345678",
    blocked: true,
    picture: "https://pictures.example/ann.png",
    user_metadata: {
      address: { city: "Köln", street: "Hohe Straße 1", zip: "50667" },
      consent: { newsletter: true, since: "2024-02-29T12:00:00.000Z" },
      note: "First line\nSecond line",
      tags: ["gold", "early adopter"],
      balance: 1.5,
      referrer: null,
      empty: {},
    },
    app_metadata: { plan: "pro", roles: ["editor"], limits: { seats: 25 } },
  },
  { user_id: "rtl", username: "screenshot-2", name: "محمد بن عبد الله العربي", email: "m.alarabi@muster.example" },
  { user_id: "emoji", username: "screenshot-3", name: "👩‍👩‍👧‍👦 Familie 🇩🇪 Müller ❤️" },
  {
    user_id: "wide",
    username: `screenshot-${"w".repeat(117)}`,
    name: "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafewarenwohlgepflege".slice(0, 150),
    email: `${"w".repeat(64)}@${"very-long-domain.".repeat(10)}example`,
    picture: `https://pictures.example/${"p/".repeat(300)}x.png`,
    user_metadata: {
      text: "x".repeat(20_000),
      list: Array.from({ length: 3_000 }, (_, n) => ({ n, value: `Value number ${n}` })),
      deep: JSON.parse(`${'{"down":'.repeat(30)}1${"}".repeat(30)}`) as object,
      rtl: "שלום עולם",
    },
  },
];
