import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import type { Server } from "./server.ts";

/** A user as the table `users` has it: dates are milliseconds, booleans 0 or 1, JSON is text. */
export interface StoredUser {
  user_id: string;
  email: string | null;
  email_verified: 0 | 1;
  username: string | null;
  phone_number: string | null;
  phone_verified: 0 | 1;
  name: string | null;
  given_name: string | null;
  family_name: string | null;
  nickname: string | null;
  picture: string | null;
  blocked: 0 | 1;
  logins_count: number | null;
  last_login: number | null;
  created_at: number;
  updated_at: number;
  user_metadata: string | null;
  app_metadata: string | null;
  /** The connection of the first identity: that of the restored array, or else the user's own. */
  connection: string;
}

/** The users of the database in its own order: of one connection or of all, and at most `limit`. */
export function storedUsers(server: Server, { connection, limit = -1 }: { connection?: string; limit?: number } = {}) {
  const condition = connection ? `connections.name = '${connection}'` : "true";
  return query<StoredUser>(
    server,
    `SELECT users.*, coalesce(users.identities ->> '$[0].connection', connections.name) AS connection
     FROM users JOIN connections ON connections.seq = users.connection_seq
     WHERE ${condition} ORDER BY users.seq LIMIT ${limit}`,
  );
}

/** How many jobs there are. */
export function countJobs(server: Server): number {
  return query<{ jobs: number }>(server, "SELECT count(*) AS jobs FROM jobs")[0]!.jobs;
}

/** Stands in for a worker: gives every job a state that would otherwise pass too quickly to be seen. */
export function changeJobs(server: Server, changes: Record<string, string | number | null>): void {
  const assignments = Object.entries(changes).map(([column, value]) => `${column} = ${literal(value)}`);
  sqlite(server, `UPDATE jobs SET ${assignments.join(", ")}`);
}

/** Makes every job look as if a worker were at it, with so many rows of so many written. */
export function pretendProcessing(server: Server, rows_written: number, expected_rows: number): void {
  // The lease lasts, so that no real worker takes it.
  const lease_expires_at = Date.now() + 3_600_000;
  changeJobs(server, { status: "processing", rows_written, expected_rows, finished_at: null, status_details: null, lease_expires_at });
}

/** Makes every import look as if a worker were at it, with so many bytes of its file read. */
export function pretendImporting(server: Server, bytes: number): void {
  const lease = Date.now() + 3_600_000;
  sqlite(
    server,
    `UPDATE jobs SET status = 'processing', finished_at = NULL, status_details = NULL, lease_expires_at = ${lease},
     import_progress = json_set(import_progress, '$.bytes', ${bytes}) WHERE kind = 'users_import'`,
  );
}

/** The id of a connection. */
export function connectionId(server: Server, name: string): string {
  return query<{ id: string }>(server, `SELECT id FROM connections WHERE name = ${literal(name)}`)[0]!.id;
}

/** Makes so many copies of every job, each a millisecond older than the one before. */
export function copyJobs(server: Server, copies: number): void {
  const columns = query<{ name: string }>(server, "SELECT name FROM pragma_table_info('jobs')").map(({ name }) => name);
  const values = columns.map((column) => {
    if (column === "id") return "printf('job_%016d', number)";
    return column === "created_at" ? "created_at - number" : column;
  });
  sqlite(
    server,
    `WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${copies})
     INSERT INTO jobs (${columns.join(", ")}) SELECT ${values.join(", ")} FROM jobs, numbers`,
  );
}

/** Makes it look as if someone had just guessed at the password of an account: ten times, so that half a minute has to pass. */
export function pretendGuesses(server: Server, email: string): void {
  const key = createHash("sha256").update(`password ${email}`).digest("hex");
  const now = Date.now();
  sqlite(server, `INSERT INTO failed_attempts VALUES ('${key}', 10, ${now}, ${now + 3_600_000})`);
}

function query<Row>(server: Server, sql: string): Row[] {
  const output = sqlite(server, sql);
  return output ? (JSON.parse(output) as Row[]) : [];
}

/** Another program's eyes: the `sqlite3` command. */
function sqlite(server: Server, sql: string): string {
  const args = ["-json", "-cmd", ".timeout 10000", server.database, sql];
  return execFileSync("sqlite3", args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
}

function literal(value: string | number | null): string {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
