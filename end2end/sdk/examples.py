"""Runs the examples of a page of the documentation, each as it stands there, in a folder of its own.

examples.py PAGE: a block of code is an example where its fence says sh, js, python or go."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent.resolve()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# The name of the file, and what runs it.
LANGUAGES = {
    "sh": ("example.sh", ["sh", "-eu"]),
    "js": ("example.mjs", ["node"]),
    "python": ("example.py", [sys.executable]),
    "go": ("example.go", ["go", "run"]),
}
PASSED_ON = "HOME", "LANG", "PATH", "TMPDIR", "GOFLAGS", "GOROOT", "GOCACHE"
SETTINGS = "MUSTER_URL", "MUSTER_CLIENT_ID", "MUSTER_CLIENT_SECRET"


def run(language, code, folder):
    """What went wrong, or nothing."""
    name, command = LANGUAGES[language]
    (folder / name).write_text(code, encoding="utf-8")
    if language == "js":  # as after `npm install auth0`
        (folder / "node_modules").mkdir()
        (folder / "node_modules" / "auth0").symlink_to(HERE / "node_modules" / "auth0-7")
    environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    environment |= {key: os.environ[key] for key in SETTINGS}
    try:
        done = subprocess.run(
            [*command, name], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
        )
    except subprocess.TimeoutExpired:
        return "it still runs after a minute"
    if done.returncode:
        return f"it ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return None if done.stdout.strip() else f"it printed nothing:\n{done.stderr}"


def main(page):
    text = pathlib.Path(page).read_text(encoding="utf-8")
    examples = [block for block in BLOCK.finditer(text) if block[1] in LANGUAGES]
    missing = LANGUAGES.keys() - {block[1] for block in examples}
    if missing:
        sys.exit(f"{page} has no example in {', '.join(sorted(missing))}")
    failed = 0
    for block in examples:
        language, line = block[1], text.count("\n", 0, block.start()) + 1
        name = f"{page}, line {line}, {language}"
        with tempfile.TemporaryDirectory() as folder:
            trouble = run(language, block[2], pathlib.Path(folder))
        print(f"FAILED  {name}: {trouble}" if trouble else f"ok      {name}")
        failed += bool(trouble)
    sys.exit(1 if failed else 0)


main(*sys.argv[1:])
