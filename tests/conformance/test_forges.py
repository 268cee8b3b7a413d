"""Drives the fakes of GitHub and GitLab with PyGithub and python-gitlab: others must be able to use them unchanged.

    export FORGE_TOKEN=... GITHUB_URL=http://127.0.0.1:PORT GITLAB_URL=http://127.0.0.1:PORT
    python tests/conformance/test_forges.py

GitHub has the organisation `acme` with a private repository `prepared`, which has the branches `main` and `change`.
GitLab has the group `acme/ml` with the project `prepared`, alike. Both are on the highest plan.
"""

from __future__ import annotations

import os
import unittest

import gitlab
from github import Auth, Github, GithubException, UnknownObjectException
from github.EnvironmentDeploymentBranchPolicy import EnvironmentDeploymentBranchPolicyParams
from github.EnvironmentProtectionRuleReviewer import ReviewerParams
from gitlab.const import AccessLevel
from gitlab.exceptions import GitlabAuthenticationError, GitlabCreateError, GitlabGetError

TOKEN = os.environ.get("FORGE_TOKEN", "")
OFFICER = {"github": 3, "gitlab": 22}


def github(token: str = TOKEN) -> Github:
    """A client that hides nothing behind retries or pauses."""
    return Github(
        auth=Auth.Token(token),
        base_url=os.environ["GITHUB_URL"],
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


@unittest.skipUnless(TOKEN, "no fake is served")
class GitHub(unittest.TestCase):
    """The fake of GitHub."""

    def setUp(self) -> None:
        """Everybody begins at the organisation."""
        self.organisation = github().get_organization("acme")

    def refused(self, status: int, says: str, work: object) -> None:
        """Holds that GitHub refuses `work` with these words."""
        with self.assertRaises(GithubException) as caught:
            work()
        self.assertEqual(status, caught.exception.status)
        self.assertIn(says, str(caught.exception.data))

    def test_a_repository_is_made_once(self) -> None:
        made = self.organisation.create_repo("made", description="by others", private=True)
        self.assertEqual(("acme/made", True, False), (made.full_name, made.private, made.archived))
        self.assertEqual("Organization", made.owner.type)
        found = github().get_repo("acme/made")
        self.assertEqual((made.id, "main"), (found.id, found.default_branch))
        self.assertTrue(found.clone_url.endswith("/acme/made.git"))
        self.refused(422, "already exists", lambda: self.organisation.create_repo("made", private=True))

    def test_variables_are_listed_in_pages(self) -> None:
        repository = self.organisation.create_repo("variables", private=True)
        names = [f"V{number:02}" for number in range(35)]
        for name in names:
            repository.create_variable(name, name.lower())
        self.assertEqual(names, sorted(variable.name for variable in repository.get_variables()))
        variable = repository.get_variable("V07")
        self.assertEqual("v07", variable.value)
        variable.edit("changed")
        self.assertEqual("changed", repository.get_variable("V07").value)
        self.refused(409, "exists", lambda: repository.create_variable("V07", "x"))
        self.refused(422, "names", lambda: repository.create_variable("no-name", "x"))

    def test_a_secret_is_sealed_by_libsodium(self) -> None:
        repository = self.organisation.get_repo("prepared")
        repository.create_secret("SEALED", "by PyNaCl")
        self.assertIn("SEALED", [secret.name for secret in repository.get_secrets()])

    def test_an_environment_asks_its_reviewers(self) -> None:
        repository = self.organisation.create_repo("environments", private=True)
        made = repository.create_environment(
            "prod",
            wait_timer=15,
            reviewers=[ReviewerParams("User", OFFICER["github"])],
            deployment_branch_policy=EnvironmentDeploymentBranchPolicyParams(False, True),
        )
        self.assertEqual("prod", made.name)
        found = repository.get_environment("prod")
        rules = {rule.type: rule for rule in found.protection_rules}
        self.assertEqual({"wait_timer", "required_reviewers", "branch_policy"}, set(rules))
        self.assertEqual(15, rules["wait_timer"].wait_timer)
        self.assertEqual(["officer"], [one.reviewer.login for one in rules["required_reviewers"].reviewers])
        self.assertTrue(found.deployment_branch_policy.custom_branch_policies)
        with self.assertRaises(UnknownObjectException):
            repository.get_environment("none")

    def test_a_pull_request_is_open_once(self) -> None:
        repository = self.organisation.get_repo("prepared")
        made = repository.create_pull("main", "change", title="Change", body="Why")
        found = list(repository.get_pulls(state="open", head="acme:change", base="main"))
        self.assertEqual([made.number], [pull.number for pull in found])
        made.edit(title="Changed")
        self.assertEqual("Changed", next(iter(repository.get_pulls())).title)
        self.assertEqual([], list(repository.get_pulls(head="acme:other")))
        self.refused(422, "already exists", lambda: repository.create_pull("main", "change", title="Change"))
        self.refused(422, "invalid", lambda: repository.create_pull("main", "gone", title="Change"))

    def test_users_teams_and_tokens(self) -> None:
        self.assertEqual("robot", github().get_user().login)
        self.assertEqual("User", github().get_user("lead").type)
        self.assertEqual(70, self.organisation.get_team_by_slug("governance").id)
        self.refused(401, "Bad credentials", lambda: github("wrong").get_user().login)
        self.refused(404, "Not Found", lambda: github().get_repo("acme/none"))


@unittest.skipUnless(TOKEN, "no fake is served")
class GitLab(unittest.TestCase):
    """The fake of GitLab."""

    def setUp(self) -> None:
        """Everybody begins at the group."""
        self.gitlab = gitlab.Gitlab(os.environ["GITLAB_URL"], private_token=TOKEN)
        self.group = self.gitlab.groups.get("acme/ml")

    def project(self, name: str) -> gitlab.v4.objects.Project:
        """A new project of the group."""
        return self.gitlab.projects.create(
            {"name": name, "path": name, "namespace_id": self.group.id, "visibility": "private"}
        )

    def refused(self, status: int, says: str, work: object) -> None:
        """Holds that GitLab refuses to make something with these words."""
        with self.assertRaises(GitlabCreateError) as caught:
            work()
        self.assertEqual(status, caught.exception.response_code)
        self.assertIn(says, str(caught.exception))

    def test_a_project_is_made_once(self) -> None:
        made = self.project("made")
        found = self.gitlab.projects.get("acme/ml/made")
        self.assertEqual((made.id, "private"), (found.id, found.visibility))
        self.refused(400, "already been taken", lambda: self.project("made"))
        with self.assertRaises(GitlabGetError):
            self.gitlab.projects.get("acme/ml/none")
        found.only_allow_merge_if_pipeline_succeeds = True
        found.save()
        self.assertTrue(self.gitlab.projects.get(made.id).only_allow_merge_if_pipeline_succeeds)

    def test_a_branch_is_protected_anew(self) -> None:
        branches = self.project("branches").protectedbranches
        self.assertEqual(AccessLevel.MAINTAINER, branches.get("main").push_access_levels[0]["access_level"])
        wanted = {"name": "main", "push_access_level": AccessLevel.NO_ACCESS}
        self.refused(409, "already exists", lambda: branches.create(wanted))
        branches.delete("main")
        branches.create(wanted)
        self.assertEqual([0], [level["access_level"] for level in branches.get("main").push_access_levels])
        self.assertFalse(branches.get("main").allow_force_push)

    def test_approval_rules(self) -> None:
        rules = self.project("rules").approvalrules
        rules.create({"name": "two", "approvals_required": 2})
        self.assertEqual([2], [rule.approvals_required for rule in rules.list(iterator=True)])
        self.refused(400, "already been taken", lambda: rules.create({"name": "two", "approvals_required": 1}))

    def test_variables_have_scopes_and_pages(self) -> None:
        variables = self.project("variables").variables
        for number in range(25):
            variables.create({"key": f"V{number}", "value": "x"})
        self.assertEqual(25, len(variables.list(get_all=True)))
        variables.create({"key": "V1", "value": "y", "environment_scope": "prod"})
        variables.update("V1", {"value": "z", "filter": {"environment_scope": "prod"}})
        self.assertEqual({"x", "z"}, {one.value for one in variables.list(get_all=True) if one.key == "V1"})
        self.refused(400, "taken", lambda: variables.create({"key": "V2", "value": "x"}))
        self.refused(400, "invalid", lambda: variables.create({"key": "M", "value": "short", "masked": True}))

    def test_an_environment_asks_its_reviewers(self) -> None:
        project = self.project("environments")
        project.environments.create({"name": "prod"})
        self.assertEqual(["prod"], [one.name for one in project.environments.list(name="prod", get_all=True)])
        officer = self.gitlab.users.list(username="officer", get_all=True)[0]
        self.assertEqual(OFFICER["gitlab"], officer.id)
        wanted = {
            "name": "prod",
            "deploy_access_levels": [{"access_level": AccessLevel.MAINTAINER}],
            "approval_rules": [{"user_id": officer.id, "required_approvals": 1}],
        }
        project.protected_environments.create(wanted)
        found = project.protected_environments.get("prod")
        self.assertEqual([officer.id], [rule["user_id"] for rule in found.approval_rules])
        self.refused(409, "already exists", lambda: project.protected_environments.create(wanted))
        found.delete()
        self.assertEqual([], project.protected_environments.list(get_all=True))

    def test_a_merge_request_is_open_once(self) -> None:
        project = self.gitlab.projects.get("acme/ml/prepared")
        wanted = {"source_branch": "change", "target_branch": "main", "title": "Change"}
        made = project.mergerequests.create(wanted)
        found = project.mergerequests.list(state="opened", source_branch="change", get_all=True)
        self.assertEqual([made.iid], [one.iid for one in found])
        self.refused(409, "already exists", lambda: project.mergerequests.create(wanted))

    def test_pipelines_and_tokens(self) -> None:
        project = self.gitlab.projects.get("acme/ml/prepared")
        with_variables = {"ref": "main", "variables": [{"key": "A", "value": "b"}]}
        self.refused(400, "Insufficient permissions", lambda: project.pipelines.create(with_variables))
        self.assertEqual("created", project.pipelines.create({"ref": "main"}).status)
        stranger = gitlab.Gitlab(os.environ["GITLAB_URL"], oauth_token="wrong")
        with self.assertRaises(GitlabAuthenticationError):
            stranger.projects.get("acme/ml/prepared")


if __name__ == "__main__":
    unittest.main()
