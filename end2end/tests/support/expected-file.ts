import type { StoredUser } from "./database.ts";

type Value = string | number | boolean | Date | null;

/** The default fields of an export, as docs/FILES.md lists them: title and value. */
const DEFAULT_FIELDS: [title: string, value: (user: StoredUser) => Value][] = [
  ["user_id", (user) => user.user_id],
  ["email", (user) => user.email],
  ["email_verified", (user) => user.email_verified === 1],
  ["username", (user) => user.username],
  ["phone_number", (user) => user.phone_number],
  ["phone_verified", (user) => user.phone_verified === 1],
  ["name", (user) => user.name],
  ["given_name", (user) => user.given_name],
  ["family_name", (user) => user.family_name],
  ["nickname", (user) => user.nickname],
  ["picture", (user) => user.picture],
  ["connection", (user) => user.connection],
  ["created_at", (user) => new Date(user.created_at)],
  ["updated_at", (user) => new Date(user.updated_at)],
];

/** Further fields that tests add. */
export const PROVIDER: Field = ["provider", (user) => user.connection];
export const BLOCKED: Field = ["blocked", (user) => user.blocked === 1];
export const LOGINS_COUNT: Field = ["logins_count", (user) => user.logins_count];
export const LAST_LOGIN: Field = ["last_login", (user) => (user.last_login === null ? null : new Date(user.last_login))];

type Field = (typeof DEFAULT_FIELDS)[number];

/** The header and all cells that a CSV file of these users must have. */
export function expectedCsv(users: StoredUser[], added: Field[]): string[][] {
  const fields = [...DEFAULT_FIELDS, ...added];
  return [fields.map(([title]) => title), ...users.map((user) => fields.map(([, value]) => csvCell(value(user))))];
}

/** The object that a user's line of a JSON file must hold, without metadata; what the user lacks is left out. */
export function expectedJson(user: StoredUser): Record<string, unknown> {
  const members = DEFAULT_FIELDS.map(([title, value]) => [title, jsonValue(value(user))] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== null));
}

function csvCell(value: Value): string {
  if (value === null) return "";
  if (typeof value === "string") return `'${value}`;
  return String(jsonValue(value));
}

function jsonValue(value: Value): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
