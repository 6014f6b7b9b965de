"""What the tests of all majors share: the server, the truth about its users, and how consumers read export files."""

import csv
import gzip
import io
import json
import os
import time
import unittest
import urllib.parse
import urllib.request

URL = os.environ["MUSTER_URL"]
DOMAIN = urllib.parse.urlsplit(URL).netloc  # what the SDKs call so: host and port
HTTPS_DOMAIN = os.environ["MUSTER_HTTPS_DOMAIN"]  # the same, behind a proxy that speaks https
AUDIENCE = f"https://{DOMAIN}/api/v2/"

# One that may do everything, and one that may list connections and no users.
CREDENTIALS = os.environ["MUSTER_CLIENT_ID"], os.environ["MUSTER_CLIENT_SECRET"]
FEW_SCOPES = os.environ["MUSTER_CONNECTIONS_CLIENT_ID"], os.environ["MUSTER_CONNECTIONS_CLIENT_SECRET"]

UNKNOWN_JOB = "job_0000000000000000"  # well-formed, and no job's

# The users that were imported into the connection Customers, by their ids.
with open(os.environ["MUSTER_USERS_FILE"], encoding="utf-8") as file:
    USERS = {user["user_id"]: user for user in map(json.loads, file)}
SOMEBODY = next(iter(USERS.values()))

# What check_csv and check_ndjson expect.
CSV_FIELDS = [
    {"name": "user_id"},
    {"name": "email"},
    {"name": "user_metadata.address.city", "export_as": "City"},
]
JSON_FIELDS = [{"name": "user_id"}, {"name": "email", "export_as": "Mail"}]


def finished(get_job, status_of):
    """As consumers do: asks until the job is no longer pending."""
    deadline = time.monotonic() + 30
    while status_of(job := get_job()) == "pending":
        assert time.monotonic() < deadline, "the job is still pending after 30 seconds"
        time.sleep(0.1)
    return job


def download(location):
    """As connectors do: no credentials, and they gunzip what they get by themselves."""
    with urllib.request.urlopen(location, timeout=30) as answer:
        assert answer.headers["Content-Encoding"] is None
        return gzip.decompress(answer.read()).decode("utf-8")


def text_of(cell):
    """A text's cell, read back: without the one ' that keeps spreadsheets from taking it for a formula."""
    assert cell == "" or cell.startswith("'"), cell
    return cell[1:]


class Checks(unittest.TestCase):
    maxDiff = None

    def check_csv(self, text, rows):
        """A CSV file with CSV_FIELDS against what was imported."""
        titles, *records = csv.reader(io.StringIO(text, newline=""))
        self.assertEqual(titles, ["user_id", "email", "City"])
        self.assertEqual(len(records), rows)
        for user_id, email, city in records:
            user = USERS[text_of(user_id)]
            self.assertEqual(text_of(email), user["email"])
            address = user.get("user_metadata", {}).get("address", {})
            self.assertEqual(text_of(city), address.get("city", ""))

    def check_ndjson(self, text):
        """An NDJSON file with JSON_FIELDS, of every user there is, against what was imported."""
        rows = [json.loads(line) for line in text.splitlines()]
        expected = [{"user_id": user_id, "Mail": user["email"]} for user_id, user in USERS.items()]
        self.assertCountEqual([tuple(row.items()) for row in rows], [tuple(row.items()) for row in expected])
