"""What programs do that were written for the vendor's Python SDK, major 4."""

import unittest

from auth0.authentication import GetToken
from auth0.exceptions import Auth0Error
from auth0.management import Auth0, Connections, Jobs, Users

from support import (
    AUDIENCE,
    CREDENTIALS,
    CSV_FIELDS,
    DOMAIN,
    FEW_SCOPES,
    HTTPS_DOMAIN,
    JSON_FIELDS,
    SOMEBODY,
    UNKNOWN_JOB,
    USERS,
    Checks,
    download,
    finished,
)


def get_token(client_id, client_secret):
    token = GetToken(DOMAIN, client_id, client_secret=client_secret, protocol="http")
    return token.client_credentials(AUDIENCE)["access_token"]


class Legacy(Checks):
    @classmethod
    def setUpClass(cls):
        # Auth0 always says https; the classes that it consists of take a protocol.
        token = get_token(*CREDENTIALS)
        cls.connections = Connections(DOMAIN, token, protocol="http")
        cls.jobs = Jobs(DOMAIN, token, protocol="http")
        cls.users = Users(DOMAIN, token, protocol="http")

    def assert_refused(self, status, call, error_code=None):
        with self.assertRaises(Auth0Error) as caught:
            call()
        self.assertEqual(caught.exception.status_code, status)
        self.assertTrue(caught.exception.message)
        if error_code:
            self.assertEqual(caught.exception.error_code, error_code)

    def finished(self, job_id):
        return finished(lambda: self.jobs.get(job_id), lambda job: job["status"])

    def test_connections(self):
        everything = self.connections.all()
        self.assertCountEqual([one["name"] for one in everything], ["Customers", "Partners"])
        page = self.connections.all(page=1, per_page=1, extra_params={"include_totals": "true"})
        self.assertEqual((page["start"], page["limit"], page["total"], len(page["connections"])), (1, 1, 2, 1))
        named = self.connections.all(strategy="auth0", name="Partners", fields=["id", "name"])
        self.assertEqual([set(one) for one in named], [{"id", "name"}])
        self.assertEqual(self.connections.get(everything[0]["id"])["name"], everything[0]["name"])

    def test_export_as_csv(self):
        (connection,) = self.connections.all(name="Customers")
        request = {"connection_id": connection["id"], "format": "csv", "limit": 5, "fields": CSV_FIELDS}
        submitted = self.jobs.export_users(request)
        self.assertEqual(submitted, submitted | request | {"status": "pending", "type": "users_export"})
        job = self.finished(submitted["id"])
        self.assertEqual(job["status"], "completed")
        self.check_csv(download(job["location"]), 5)
        self.assertEqual(self.jobs.get_failed_job(submitted["id"]), "")

    def test_export_as_json(self):
        submitted = self.jobs.export_users({"format": "json", "fields": JSON_FIELDS})
        self.check_ndjson(download(self.finished(submitted["id"])["location"]))

    def test_users(self):
        page = self.users.list(page=9, per_page=100)
        self.assertEqual((page["start"], page["limit"], page["total"]), (900, 100, len(USERS)))
        self.assertEqual(len(page["users"]), page["length"])
        self.assertEqual(self.users.list(page=10, per_page=100)["users"], [])
        plain = self.users.list(q=f'email:"{SOMEBODY["email"]}"', include_totals=False, search_engine="v3")
        self.assertEqual([user["user_id"] for user in plain], [SOMEBODY["user_id"]])
        self.assertEqual(self.users.get(SOMEBODY["user_id"], fields=["email"]), {"email": SOMEBODY["email"]})
        without = self.users.get(SOMEBODY["user_id"], fields=["email"], include_fields=False)
        self.assertEqual((without["user_id"], "email" in without), (SOMEBODY["user_id"], False))

    def test_errors(self):
        self.assert_refused(401, lambda: get_token(CREDENTIALS[0], "wrong"))
        few = Users(DOMAIN, get_token(*FEW_SCOPES), protocol="http")
        self.assert_refused(403, few.list, "insufficient_scope")
        self.assert_refused(401, Users(DOMAIN, "none", protocol="http").list)
        for get in (self.jobs.get, self.jobs.get_failed_job):
            self.assert_refused(404, lambda: get(UNKNOWN_JOB))
            self.assert_refused(400, lambda: get("job_1"))
        self.assert_refused(400, lambda: self.jobs.export_users({"limit": 0}))

    def test_behind_a_proxy_with_https_the_client_works_as_it_is(self):
        client_id, client_secret = CREDENTIALS
        token = GetToken(HTTPS_DOMAIN, client_id, client_secret=client_secret)
        granted = token.client_credentials(f"https://{HTTPS_DOMAIN}/api/v2/")
        client = Auth0(HTTPS_DOMAIN, granted["access_token"])
        self.assertEqual(client.users.list(per_page=1)["total"], len(USERS))


if __name__ == "__main__":
    unittest.main()
