// Requests as clients make them that are not run here: the vendor's Go SDK, curl, and older majors.
import assert from "node:assert/strict";
import { request } from "node:http";
import { before, describe, test } from "node:test";

import { credentials, finished, url, users } from "./support.js";

const { clientId, clientSecret } = credentials;
const audience = `${url.replace("http:", "https:")}/api/v2/`;
const grant_type = "client_credentials";
const inBody = { client_id: clientId, client_secret: clientSecret };

/** A form where `body` is URLSearchParams, else JSON. */
function post(path, body, headers = {}) {
  const form = body instanceof URLSearchParams;
  const json = { "content-type": "application/json" };
  return fetch(url + path, {
    method: "POST",
    headers: { ...(!form && json), ...headers },
    body: form ? body : JSON.stringify(body),
  });
}

/** Sends exactly what it is told: fetch does neither bodies on GET nor odd characters in paths. */
function get(path, headers, body) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

let authorization;
before(async () => {
  const answer = await post("/oauth/token", new URLSearchParams({ grant_type, ...inBody, audience }));
  authorization = `Bearer ${(await answer.json()).access_token}`;
});

describe("a token", () => {
  test("is given for JSON that has an empty organization", async () => {
    const answer = await post("/oauth/token", { ...inBody, audience, grant_type, organization: null });
    assert.equal(answer.status, 200);
    const granted = await answer.json();
    assert.equal(granted.token_type, "Bearer");
    assert.ok(Number.isInteger(granted.expires_in) && granted.expires_in > 60);
    assert.deepEqual(granted.scope.split(" ").toSorted(), ["create:users", "read:connections", "read:users"]);
  });

  // Go first says who it is in a header. Where that is refused, it tries once more, with all in the body.
  test("is given to Go", async () => {
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString("base64");
    const first = await post("/oauth/token", new URLSearchParams({ audience, grant_type }), {
      authorization: `Basic ${basic}`,
    });
    if (first.status === 200) return assert.ok((await first.json()).access_token);
    assert.ok(first.status === 400 || first.status === 401, `${first.status}`);
    assert.ok((await first.json()).error);
    const second = await post("/oauth/token", new URLSearchParams({ audience, ...inBody, grant_type }));
    assert.equal(second.status, 200);
  });

  test("is refused as OAuth has it", async () => {
    for (const body of [
      { ...inBody, audience, grant_type: "password" },
      { ...inBody, client_secret: "wrong", audience, grant_type },
      { audience, grant_type },
    ]) {
      const answer = await post("/oauth/token", body);
      assert.ok(answer.status === 400 || answer.status === 401, `${answer.status}`);
      const { error, error_description } = await answer.json();
      assert.ok(error && error_description);
    }
  });
});

test("an export is submitted with a form", async () => {
  const form = new URLSearchParams({ format: "json", limit: "3" });
  const answer = await post("/api/v2/jobs/users-exports", form, { authorization });
  assert.equal(answer.status, 200);
  const { id, format, limit } = await answer.json();
  assert.deepEqual({ format, limit }, { format: "json", limit: 3 });
  const job = await finished(async () => JSON.parse((await get(`/api/v2/jobs/${id}`, { authorization })).text));
  assert.equal(job.status, "completed");
});

test("a body on GET is ignored", async () => {
  const headers = { authorization, "content-type": "application/json", "content-length": 5 };
  const answer = await get("/api/v2/users?include_totals=true&per_page=50", headers, "null\n");
  assert.equal(answer.status, 200);
  assert.equal(JSON.parse(answer.text).total, users.size);
});

test("a user's id may be encoded or not", async () => {
  const [wanted] = users.keys();
  for (const id of [wanted, encodeURIComponent(wanted)]) {
    const answer = await get(`/api/v2/users/${id}`, { authorization });
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.text).user_id, wanted);
  }
});

test("a strategy may be repeated and numbered", async () => {
  for (const query of ["strategy=sms&strategy=auth0", "strategy[0]=sms&strategy[1]=auth0", "strategy%5B0%5D=auth0"]) {
    const answer = await get(`/api/v2/connections?${query}`, { authorization });
    assert.equal(JSON.parse(answer.text).length, 2, query);
  }
  const other = await get("/api/v2/connections?strategy[0]=sms", { authorization });
  assert.deepEqual(JSON.parse(other.text), []);
});

test("from and take win over totals", async () => {
  const answer = await get("/api/v2/connections?include_totals=true&take=1", { authorization });
  assert.deepEqual(Object.keys(JSON.parse(answer.text)).toSorted(), ["connections", "next"]);
});

test("without a token nothing is told, in JSON", async () => {
  for (const path of ["/api/v2/users", "/api/v2/connections", "/api/v2/jobs/job_0000000000000000"]) {
    const answer = await get(path, {});
    assert.equal(answer.status, 401);
    const { statusCode, error, message, errorCode } = JSON.parse(answer.text);
    assert.deepEqual([statusCode, error, message], [401, "Unauthorized", "Missing authentication"]);
    assert.equal(errorCode, undefined);
  }
});

test("the description and the keys are there for everybody", async () => {
  const description = JSON.parse((await get("/api/v2/openapi.json", {})).text);
  assert.match(description.openapi, /^3\.1/);
  const { keys } = JSON.parse((await get("/.well-known/jwks.json", {})).text);
  assert.ok(keys.length > 0);
  for (const key of keys) assert.equal(key.d, undefined);
});
