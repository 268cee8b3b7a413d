"""The judge of path filters, by the examples that the providers' documents give."""

import pytest
from paths import github_triggers, gitlab_changes


@pytest.mark.parametrize(
    ("pattern", "matches", "does_not"),
    [
        ("*", ["README.md", "server.rb"], ["docs/hello.md"]),
        ("*.jsx?", ["page.js", "page.jsx"], ["page.jsxx", "src/page.js"]),
        ("**", ["all/the/files.md", "a"], []),
        ("*.js", ["app.js", "index.js"], ["js/app.js"]),
        ("**.js", ["index.js", "js/index.js", "src/js/app.js"], ["index.jsx"]),
        ("docs/*", ["docs/README.md", "docs/file.txt"], ["docs/hello/README.md", "a/docs/b"]),
        ("docs/**", ["docs/README.md", "docs/mona/octocat.txt"], ["docs", "adocs/README.md"]),
        ("docs/**/*.md", ["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"], ["docs/a.txt"]),
        ("**/docs/**", ["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"], ["other/a.md"]),
        ("**/README.md", ["README.md", "js/README.md"], ["README.mdx"]),
        ("**/*src/**", ["a/src/app.js", "my-src/code/js/app.js"], ["srcs/app.js"]),
        ("**/*-post.md", ["my-post.md", "path/their-post.md"], ["post.md"]),
        ("**/migrate-*.sql", ["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"], ["migrate.sql"]),
        ("v[12].[0-9]+", ["v1.10", "v2.0"], ["v3.0", "v1."]),
    ],
)
def test_github_patterns(pattern: str, matches: list[str], does_not: list[str]) -> None:
    assert [path for path in matches if not github_triggers([pattern], [path])] == []
    assert [path for path in does_not if github_triggers([pattern], [path])] == []


def test_the_last_github_pattern_decides_on_a_file_and_one_file_is_enough() -> None:
    assert not github_triggers(["*.md", "!README.md"], ["README.md"])
    assert github_triggers(["*.md", "!README.md", "README*"], ["README.md"])
    assert github_triggers(["sub-project/**", "!sub-project/docs/**"], ["sub-project/docs/a", "sub-project/src/b"])
    assert not github_triggers(["sub-project/**", "!sub-project/docs/**"], ["sub-project/docs/a", "other"])
    assert not github_triggers(["**"], [])


@pytest.mark.parametrize(
    ("pattern", "matches", "does_not"),
    [
        ("Dockerfile", ["Dockerfile"], ["path/Dockerfile"]),
        ("path/to/directory/*", ["path/to/directory/a"], ["path/to/directory/b/a"]),
        ("path/to/directory/**/*", ["path/to/directory/a", "path/to/directory/b/c/a"], ["path/to/a"]),
        ("path/to/directory/**", ["path/to/directory/a"], ["path/to/directory/b/a"]),
        ("path/to/directory/**/*.{rb,py,sh}", ["path/to/directory/b/a.py"], ["path/to/directory/b/a.md"]),
        ("*.md", ["README.md"], ["docs/README.md"]),
        ("**/*.json", ["a.json", "b/c/.d/a.json", "b/.json"], ["a.jsonl"]),
        ("path/with/*dot", ["path/with/.dot"], []),
        ("[!a]?.txt", ["bc.txt"], ["ac.txt", "b.txt"]),
    ],
)
def test_gitlab_patterns(pattern: str, matches: list[str], does_not: list[str]) -> None:
    assert [path for path in matches if not gitlab_changes([pattern], [path])] == []
    assert [path for path in does_not if gitlab_changes([pattern], [path])] == []
