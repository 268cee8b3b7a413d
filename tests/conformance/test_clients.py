"""Drives the AWS endpoint at AWS_ENDPOINT_URL with boto3 and the AWS CLI, and judges every answer.

    AWS_ENDPOINT_URL=http://127.0.0.1:PORT python tests/conformance/test_clients.py [-v] [NAME ...]

NAME selects tests as unittest does, such as `clients.s3` or `clients.registry.Versions`. Exit code 1 on any failure.
"""

from __future__ import annotations

import sys
import unittest

from clients.support import JUDGE, isolate, require_loopback

MODULES = [
    "clients.identity",
    "clients.s3",
    "clients.registry",
    "clients.endpoints",
    "clients.domain",
    "clients.shared",
    "clients.projects",
    "clients.catalog",
    "clients.sharing",
    "clients.cli",
]


def main() -> int:
    """Runs the selected tests, or all."""
    arguments = sys.argv[1:]
    verbose = "-v" in arguments
    names = [argument for argument in arguments if not argument.startswith("-")] or MODULES
    endpoint = require_loopback()
    isolate()
    result = unittest.TextTestRunner(verbosity=2 if verbose else 1).run(
        unittest.defaultTestLoader.loadTestsFromNames(names)
    )
    for remark in dict.fromkeys(JUDGE.remarks):
        print(f"remark: {remark}")
    print(f"{JUDGE.answers} answers of {endpoint} judged, {len(JUDGE.violations)} violations")
    # A test counts once, however much of it went wrong; what failed in a sub-test names the test itself.
    failed = len({getattr(test, "test_case", test) for test, _ in result.failures + result.errors})
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
