import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: script/test-sdk does it`);
  return value;
}

/** The server, as in http://127.0.0.1:3000. */
export const url = setting("MUSTER_URL");

/** What the SDKs call the domain: host and port. */
export const domain = new URL(url).host;

/** May do everything. */
export const credentials = {
  clientId: setting("MUSTER_CLIENT_ID"),
  clientSecret: setting("MUSTER_CLIENT_SECRET"),
};

/** May list connections, and no users. */
export const fewScopes = {
  clientId: setting("MUSTER_CONNECTIONS_CLIENT_ID"),
  clientSecret: setting("MUSTER_CONNECTIONS_CLIENT_SECRET"),
};

/** The same, behind a proxy that speaks https. */
export const httpsDomain = setting("MUSTER_HTTPS_DOMAIN");

/** The users that were imported into the connection Customers, by their ids. */
export const users = new Map(
  readFileSync(setting("MUSTER_USERS_FILE"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map((user) => [user.user_id, user]),
);

/** A well-formed id that no job has. */
export const unknownJob = "job_0000000000000000";

/** The SDKs always say https. Where they take a fetch of one's own, this one talks to the server as it is. */
export const plainFetch = (input, init) => fetch(String(input).replace(/^https:/, "http:"), init);

/** As consumers do: asks until the job is no longer pending. */
export async function finished(getJob) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const job = await getJob();
    if (job.status !== "pending") return job;
    assert.ok(Date.now() < deadline, "the job is still pending after 30 seconds");
    await sleep(100);
  }
}

/** Downloads `location` as connectors do: no credentials, and they gunzip what they get by themselves. */
export async function download(location) {
  const answer = await fetch(location);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-encoding"), null);
  return gunzipSync(Buffer.from(await answer.arrayBuffer())).toString("utf8");
}

/** The records of a CSV file. */
export function parseCsv(text) {
  assert.ok(text.endsWith("\r\n"));
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  const records = [];
  let record = [];
  for (const [, value, end] of text.matchAll(cell)) {
    record.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
}

/** A text's cell, read back: without the one ' that keeps spreadsheets from taking it for a formula. */
export const textOf = (cell) => {
  assert.ok(cell === "" || cell.startsWith("'"), cell);
  return cell.slice(1);
};

/** Checks a CSV file with the columns user_id, email and City against what was imported. */
export function checkCsv(text, rows) {
  const [titles, ...records] = parseCsv(text);
  assert.deepEqual(titles, ["user_id", "email", "City"]);
  assert.equal(records.length, rows);
  for (const [id, email, city] of records) {
    const user = users.get(textOf(id));
    assert.equal(textOf(email), user.email);
    assert.equal(textOf(city), user.user_metadata?.address?.city ?? "");
  }
}

/** Checks an NDJSON file with user_id and Mail, of every user there is, against what was imported. */
export function checkNdjson(text) {
  const rows = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const expected = [...users.values()].map((user) => ({ user_id: user.user_id, Mail: user.email }));
  const byId = (a, b) => (a.user_id < b.user_id ? -1 : 1);
  assert.deepEqual(rows.toSorted(byId), expected.toSorted(byId));
}

/** The fields that checkCsv expects. */
export const csvFields = [
  { name: "user_id" },
  { name: "email" },
  { name: "user_metadata.address.city", export_as: "City" },
];

/** The fields that checkNdjson expects. */
export const jsonFields = [{ name: "user_id" }, { name: "email", export_as: "Mail" }];

