"""Imports by the vendor's Python SDK, majors 4, 5 and 6. They add users, so they come after the tests that count them."""

import io
import json
import unittest
from importlib.metadata import version

from auth0.authentication import GetToken

from support import AUDIENCE, CREDENTIALS, DOMAIN, FEW_SCOPES, URL, Checks, finished

MAJOR = int(version("auth0-python").split(".")[0])


def get_token(client_id, client_secret):
    token = GetToken(DOMAIN, client_id, client_secret=client_secret, protocol="http")
    return token.client_credentials(AUDIENCE)["access_token"]


def email(name):
    return f"{name}@python-{MAJOR}.example.com"


class Legacy:
    """Major 4."""

    def __init__(self, token):
        from auth0.exceptions import Auth0Error
        from auth0.management import Connections, Jobs

        self.connections, self.jobs = Connections(DOMAIN, token, protocol="http"), Jobs(DOMAIN, token, protocol="http")
        self.error, self.get = Auth0Error, self.jobs.get

    def connection(self, name):
        return self.connections.all(name=name)[0]["id"]

    def submit(self, connection_id, file, **options):
        return self.jobs.import_users(connection_id, io.BytesIO(file), **options)

    def errors(self, job_id):
        return self.jobs.get_failed_job(job_id)


class Current:
    """Majors 5 and 6, whose answers are made plain: what a program reads is the same."""

    def __init__(self, token):
        from auth0.management import Auth0
        from auth0.management.core.api_error import ApiError

        self.client, self.error = Auth0(base_url=f"{URL}/api/v2", token=token), ApiError

    def connection(self, name):
        return next(iter(self.client.connections.list(name=name))).id

    def submit(self, connection_id, file, **options):
        create = self.client.jobs.users_imports.create
        return create(users=("users.json", file), connection_id=connection_id, **options).dict()

    def get(self, job_id):
        return self.client.jobs.get(job_id).dict()

    def errors(self, job_id):
        try:
            errors = self.client.jobs.errors.get(job_id)
        except self.error as none:
            # Major 5 takes an answer without a body for an error.
            if MAJOR > 5 or none.status_code != 204:
                raise
            errors = None
        return [entry.dict() for entry in errors] if isinstance(errors, list) else errors


connect = Legacy if MAJOR == 4 else Current


class Imports(Checks):
    @classmethod
    def setUpClass(cls):
        cls.client = connect(get_token(*CREDENTIALS))
        cls.connection = cls.client.connection("Partners")

    def imported(self, users, **options):
        file = users if isinstance(users, bytes) else json.dumps(users).encode()
        submitted = self.client.submit(self.connection, file, **options)
        self.assertRegex(submitted["id"], r"^job_[A-Za-z0-9]{16}$")
        self.assertEqual((submitted["type"], submitted["status"]), ("users_import", "pending"))
        self.assertEqual(submitted["connection_id"], self.connection)
        return finished(lambda: self.client.get(submitted["id"]), lambda job: job["status"])

    def assert_summary(self, job, total, inserted, updated, failed):
        self.assertEqual(job["status"], "completed")
        expected = {"total": total, "inserted": inserted, "updated": updated, "failed": failed}
        self.assertEqual({name: job["summary"][name] for name in expected}, expected)

    def test_users_are_added_and_failures_are_told(self):
        users = [{"email": email("ann")}, {"email": "nonsense"}, {"email": email("ann")}]
        job = self.imported(users, external_id="of the tests", send_completion_email=False)
        self.assert_summary(job, 3, 1, 0, 2)
        errors = self.client.errors(job["id"])
        self.assertEqual([entry["user"]["email"] for entry in errors], ["nonsense", email("ann")])
        found = [(entry["errors"][0]["code"], entry["errors"][0]["path"]) for entry in errors]
        self.assertEqual(found, [("FORMAT", "email"), ("DUPLICATED_USER", "email")])

    def test_users_are_updated(self):
        self.assert_summary(self.imported([{"email": email("bob"), "name": "Bob"}]), 1, 1, 0, 0)
        job = self.imported([{"email": email("bob"), "name": "Robert"}], upsert=True)
        self.assert_summary(job, 1, 0, 1, 0)
        self.assertFalse(self.client.errors(job["id"]))

    def test_a_file_that_is_none_fails_and_says_where(self):
        job = self.imported(b'[{"email":')
        self.assertEqual(job["status"], "failed")
        self.assertIn("line 1, column", job["status_details"])

    def test_refused(self):
        few = connect(get_token(*FEW_SCOPES))
        for client, connection, status in (
            (few, self.connection, 403),
            (self.client, "con_0000000000000000", 400),
        ):
            with self.assertRaises(self.client.error) as caught:
                client.submit(connection, b"[]")
            self.assertEqual(caught.exception.status_code, status)


if __name__ == "__main__":
    unittest.main()
