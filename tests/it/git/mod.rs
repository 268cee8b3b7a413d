//! Repositories on other machines: a real Git server over https on loopback, and one behind a program that says it is
//! `ssh`. Every failure has its own words, and none of them has a secret in it.

mod proxy;
mod server;

use std::fs;
use std::path::Path;

use aiops::error::{Error, Kind};
use aiops::git::credential::{Chain, Fixed};
use aiops::git::{Access, Address, Author, File, Files, Login, Oid, Rejection, Repository, Secret, User};
use tempfile::TempDir;

use self::proxy::Proxy;
use self::server::{Manner, Server, TOKEN, USER, executable, git, login, plain_git};

/// Somebody with a home of their own.
struct Person {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Person {
    /// Somebody who trusts the authority of `server`.
    fn trusting(server: &Server) -> Self {
        Person::new().with("AIOPS_GIT_CA", server.authority().to_str().unwrap())
    }

    fn new() -> Self {
        let home = TempDir::new().unwrap();
        Person { home, variables: vec![("GIT_CONFIG_NOSYSTEM".into(), "1".into())] }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn user(&self) -> User {
        let home = ("HOME".to_owned(), self.home.path().display().to_string());
        User::new(&self.variables.iter().cloned().chain([home]).collect()).unwrap()
    }

    /// With the token that `server` wants.
    fn access(&self, server: &Server) -> Access {
        self.access_with(server, login())
    }

    fn access_with(&self, server: &Server, login: Login) -> Access {
        Access::new(&self.user(), Fixed::new(&format!("localhost:{}", server.port), login))
    }

    /// A new repository with one commit on main.
    fn begin(&self, name: &str, files: &Files) -> Repository {
        let repository = Repository::init(&self.home.path().join(name), "main").unwrap();
        commit(&repository, files, &[], "Begin");
        repository
    }

    fn clone(&self, address: &Address, access: &Access) -> Result<Repository, Error> {
        Repository::clone(address, &self.home.path().join("clone.git"), access)
    }
}

fn commit(repository: &Repository, files: &Files, parents: &[Oid], message: &str) -> Oid {
    let author = Author { name: "Platform".into(), email: "platform@example.com".into() };
    let tree = repository.write_tree(files).unwrap();
    repository.commit("main", tree, parents, &author, message, "2026-01-31T12:00:00Z".parse().unwrap()).unwrap()
}

fn files() -> Files {
    let program = File { content: b"#!/bin/sh\n".to_vec(), executable: true };
    [("README.md".to_owned(), File::new("one\n")), ("build/run.sh".to_owned(), program)].into()
}

/// Files that do not compress, some megabytes of them.
fn large() -> Files {
    let mut random = fastrand::Rng::with_seed(4);
    let content: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(3_000_000).collect();
    [("large.bin".to_owned(), File::new(content))].into()
}

/// An error, its causes, its hints; without ports, and without any secret.
fn said(error: &Error) -> String {
    let whole = format!("{error:?}");
    assert!(!whole.contains(TOKEN) && !whole.contains("s3cr3t"), "{whole}");
    let lines = [error.to_string()].into_iter().chain(error.causes().map(|cause| format!("  because {cause}")));
    let hints = error.hints().iter().map(|hint| format!("  hint: {hint}"));
    let text: Vec<String> = lines.chain(hints).collect();
    regex::Regex::new(r"(localhost|127\.0\.0\.1|git\.example):\d+")
        .unwrap()
        .replace_all(&text.join("\n"), "$1:PORT")
        .into_owned()
}

#[test]
fn what_is_pushed_is_what_git_clones_and_what_git_pushes_is_what_is_fetched() {
    let Some(server) = Server::start(Manner::default()) else { return };
    let (person, origin) = (Person::trusting(&server), server.repository("churn.git"));
    let (access, address) = (person.access(&server), server.address("churn.git"));
    let ours = person.begin("ours.git", &files());
    ours.push(&address, "main", &access).unwrap();
    git(&origin, &["fsck", "--strict"]);

    git(person.home.path(), &["clone", "--quiet", origin.to_str().unwrap(), "theirs"]);
    let theirs = person.home.path().join("theirs");
    assert_eq!(fs::read_to_string(theirs.join("README.md")).unwrap(), "one\n");
    assert_eq!(git(&theirs, &["ls-files", "--stage", "build/run.sh"]).split(' ').next(), Some("100755"));
    let log = git(&theirs, &["log", "--format=%an <%ae>%n%B"]);
    assert_eq!(log.trim(), "Platform <platform@example.com>\nBegin\n\nSigned-off-by: Platform <platform@example.com>");

    fs::write(theirs.join("README.md"), "two\n").unwrap();
    let who = ["-c", "user.name=Team", "-c", "user.email=team@example.com"];
    git(&theirs, &[&who[..], &["commit", "--quiet", "--all", "--message", "Go on"]].concat());
    git(&theirs, &["tag", "v1"]);
    git(&theirs, &["push", "--quiet", "origin", "main", "main:refs/heads/topic", "v1"]);
    ours.fetch(&address, &access).unwrap();
    let head = ours.branch("main").unwrap().unwrap();
    assert_eq!(head.to_string(), git(&theirs, &["rev-parse", "HEAD"]).trim());
    assert_eq!(ours.file(head, "README.md").unwrap().as_deref(), Some(b"two\n".as_slice()));

    let clone = person.clone(&address, &access).unwrap();
    for name in ["main", "topic", "v1"] {
        assert_eq!(clone.resolve(name).unwrap(), Some(head), "{name}");
    }
    assert_eq!(clone.default_branch().as_deref(), Some("main"));
    git(&origin, &["update-ref", "refs/heads/trunk", "refs/heads/main~1"]);
    git(&origin, &["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let again = Repository::clone(&address, &person.home.path().join("again.git"), &access).unwrap();
    assert_eq!(again.default_branch().as_deref(), Some("trunk"));
    // Nothing of the way there is kept.
    let config = fs::read_to_string(person.home.path().join("clone.git/config")).unwrap();
    assert!(!config.contains("localhost") && !config.contains(TOKEN), "{config}");
}

#[test]
fn a_token_is_sent_when_it_is_asked_for_and_never_in_an_url() {
    let Some(server) = Server::start(Manner { guarded: false, ..Manner::default() }) else { return };
    server.repository("churn.git");
    let (person, address) = (Person::trusting(&server), server.address("churn.git"));
    let access = person.access(&server);
    person.clone(&address, &access).unwrap();
    assert!(server.seen().iter().all(|request| !request.authorized));
    server.behave(|manner| manner.guarded = true);
    person.begin("ours.git", &files()).push(&address, "main", &access).unwrap();
    let seen = server.seen();
    let authorized: Vec<_> =
        seen.iter().filter(|request| request.authorized).map(|request| request.uri.as_str()).collect();
    assert_eq!(authorized, ["/churn.git/info/refs?service=git-receive-pack", "/churn.git/git-receive-pack"]);
    assert!(seen.iter().all(|request| !request.uri.contains(TOKEN)));

    server.behave(|manner| manner.open_references = true);
    for (name, files) in [("small.git", files()), ("large.git", large())] {
        server.repository(name);
        person.begin(name, &files).push(&server.address(name), "main", &access).unwrap();
    }
}

#[test]
fn tokens_come_from_the_environment_and_from_the_users_helper() {
    let Some(server) = Server::start(Manner::default()) else { return };
    server.repository("churn.git");
    let config = aiops::config::settings::Git::default();
    let address = server.address("churn.git");
    let host = format!("localhost:{}", server.port);
    let person = Person::trusting(&server)
        .with("AIOPS_GIT_TOKEN", TOKEN)
        .with("AIOPS_GIT_HOST", &host)
        .with("AIOPS_GIT_USER", USER);
    person.clone(&address, &Access::usual(&person.user(), &config, Vec::new())).unwrap();

    let person = Person::trusting(&server);
    fs::write(person.home.path().join(".gitconfig"), "[credential]\n\thelper = store\n").unwrap();
    let stored = format!("https://{USER}:{TOKEN}@{host}\n");
    fs::write(person.home.path().join(".git-credentials"), stored).unwrap();
    person.clone(&address, &Access::usual(&person.user(), &config, Vec::new())).unwrap();
}

#[test]
fn every_refusal_of_a_login_has_its_own_words() {
    let Some(server) = Server::start(Manner::default()) else { return };
    server.repository("churn.git");
    let (person, address) = (Person::trusting(&server), server.address("churn.git"));
    let wrong = Login { user: USER.into(), password: Secret::new("s3cr3t-wr0ng"), from: "GITHUB_TOKEN".into() };
    let error = person.clone(&address, &person.access_with(&server, wrong)).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAuthenticated);
    insta::assert_snapshot!(said(&error), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT does not accept the login from GITHUB_TOKEN
      hint: is the token expired, revoked, or for another host? Make a new one that may read and write code
    ");
    let error = person.clone(&address, &Access::new(&person.user(), Chain::default())).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAuthenticated);
    insta::assert_snapshot!(said(&error), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT wants a login, and there is none for it
      hint: set AIOPS_GIT_TOKEN (with AIOPS_GIT_HOST=localhost:PORT if that is not the host of `git` in aiops.yaml), a credential helper of Git, or `git.token-secret`
    ");
    let access = person.access(&server);
    let error = person.clone(&server.address("absent.git"), &access).unwrap_err();
    insta::assert_snapshot!(said(&error), @"
    cannot clone https://localhost:PORT/absent.git
      because there is no repository /absent.git at localhost:PORT
      hint: check the name; or may the login from the test not see it?
    ");
    server.behave(|manner| {
        manner.answers = Some((403, "text/plain", "Write access to repository not granted.\u{1b}[2J\n"))
    });
    let error = person.clone(&address, &access).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    insta::assert_snapshot!(said(&error), @r"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT does not allow this
      because Write access to repository not granted.\u{1b}[2J
    ");
}

#[test]
fn answers_that_are_no_git_are_told_without_their_html() {
    let Some(server) = Server::start(Manner::default()) else { return };
    let (person, address) = (Person::trusting(&server), server.address("churn.git"));
    let access = person.access(&server);
    let said_to = |status, kind, text| {
        server.behave(|manner| manner.answers = Some((status, kind, text)));
        said(&person.clone(&address, &access).unwrap_err())
    };
    insta::assert_snapshot!(said_to(502, "text/html", "<html><h1>Bad Gateway</h1>"), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT has trouble of its own: it answered 502
      hint: try again later
    ");
    insta::assert_snapshot!(said_to(200, "text/html; charset=utf-8", "<html>please log in"), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT does not answer as a Git server does
      because it sent text/html; charset=utf-8
      hint: check the address; a proxy that wants you to log in on a page answers like that as well
    ");
    insta::assert_snapshot!(said_to(429, "text/plain", "slow down"), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT takes no more requests for now
      because slow down
      hint: try again in some minutes
    ");
    insta::assert_snapshot!(said_to(200, "application/x-git-upload-pack-advertisement", "0000"), @"
    cannot clone https://localhost:PORT/churn.git
      because the connection to localhost:PORT broke off
      hint: run it again
    ");
}

#[test]
fn certificates_are_verified() {
    let clone = |server: &Server, person: &Person| {
        said(&person.clone(&server.address("churn.git"), &person.access(server)).unwrap_err())
    };
    let Some(expired) = Server::start(Manner { expired: true, ..Manner::default() }) else { return };
    insta::assert_snapshot!(clone(&expired, &Person::trusting(&expired)), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT is not to be trusted: its certificate has expired
      hint: whoever runs the server has to renew it; or is this machine's clock wrong?
    ");
    let other = Server::start(Manner { names: vec!["other.example".into()], ..Manner::default() }).unwrap();
    insta::assert_snapshot!(clone(&other, &Person::trusting(&other)), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT is not to be trusted: its certificate is for another name
      because it is for other.example
      hint: check the address
    ");
    insta::assert_snapshot!(clone(&other, &Person::new()), @"
    cannot clone https://localhost:PORT/churn.git
      because localhost:PORT is not to be trusted: its certificate is signed by nobody that this machine trusts
      hint: if it is a company's own authority, name the file of its certificate: AIOPS_GIT_CA=FILE, or Git's `http.sslCAInfo`
    ");
    assert!(expired.seen().is_empty() && other.seen().is_empty());
}

#[test]
fn an_authority_may_be_named_in_gits_configuration() {
    let Some(server) = Server::start(Manner::default()) else { return };
    server.repository("churn.git");
    let person = Person::new();
    let config = format!("[http]\n\tsslCAInfo = {}\n", server.authority().display());
    fs::write(person.home.path().join(".gitconfig"), config).unwrap();
    person.clone(&server.address("churn.git"), &person.access(&server)).unwrap();
}

#[test]
fn a_branch_that_moved_on_or_is_protected_is_not_overwritten() {
    let Some(server) = Server::start(Manner::default()) else { return };
    let (person, origin) = (Person::trusting(&server), server.repository("churn.git"));
    let (access, address) = (person.access(&server), server.address("churn.git"));
    let first = person.begin("first.git", &files());
    first.push(&address, "main", &access).unwrap();
    let second = person.begin("second.git", &large());
    let error = second.push(&address, "main", &access).unwrap_err();
    assert_eq!((error.kind(), Rejection::of(&error)), (Kind::Failed, Some(&Rejection::NonFastForward)));
    insta::assert_snapshot!(said(&error), @"
    cannot push main to https://localhost:PORT/churn.git
      because branch main at localhost:PORT has moved on
      because it has commits that are not in what was sent
      hint: fetch, and put your change on top of what is there; nothing was overwritten
    ");

    server.refuse("churn.git", "GH006: Protected branch update failed for refs/heads/main.\\n\\033[31mNo.\\n");
    let parent = first.branch("main").unwrap().unwrap();
    commit(&first, &large(), &[parent], "More");
    let error = first.push(&address, "main", &access).unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(matches!(Rejection::of(&error), Some(Rejection::Protected(_))), "{error:?}");
    insta::assert_snapshot!(said(&error), @r"
    cannot push main to https://localhost:PORT/churn.git
      because branch main at localhost:PORT takes no direct push
      because it is protected: pre-receive hook declined; GH006: Protected branch update failed for refs/heads/main.; \u{1b}[31mNo.
      hint: push to a branch of its own, and open a change request from it
    ");
    assert_eq!(git(&origin, &["rev-parse", "main"]).trim(), parent.to_string());
}

#[test]
fn a_push_that_breaks_off_is_told_and_can_be_run_again() {
    let Some(server) = Server::start(Manner { hears: 1_000_000, ..Manner::default() }) else { return };
    let (person, origin) = (Person::trusting(&server), server.repository("churn.git"));
    let address = server.address("churn.git");
    let ours = person.begin("ours.git", &large());
    let head = ours.branch("main").unwrap().unwrap().to_string();
    let error = ours.push(&address, "main", &person.access(&server)).unwrap_err();
    insta::assert_snapshot!(broke_off(&error), @"
    cannot push main to https://localhost:PORT/churn.git
      because the connection to localhost:PORT broke off
      hint: run it again
    ");
    assert_eq!(git(&origin, &["for-each-ref"]), "");

    // It is taken, and the answer is lost.
    server.behave(|manner| (manner.hears, manner.keeps_reports) = (usize::MAX, true));
    let error = ours.push(&address, "main", &person.access(&server)).unwrap_err();
    insta::assert_snapshot!(broke_off(&error), @"
    cannot push main to https://localhost:PORT/churn.git
      because the connection to localhost:PORT broke off
      hint: run it again
    ");
    assert_eq!(git(&origin, &["rev-parse", "main"]).trim(), head);

    server.behave(|manner| manner.keeps_reports = false);
    ours.push(&address, "main", &person.access(&server)).unwrap();
    assert_eq!(server.seen().last().unwrap().uri, "/churn.git/info/refs?service=git-receive-pack");
}

#[test]
fn a_fetch_that_breaks_off_is_told_and_leaves_nothing() {
    let Some(server) = Server::start(Manner::default()) else { return };
    let (person, address) = (Person::trusting(&server), server.address("churn.git"));
    server.repository("churn.git");
    person.begin("ours.git", &large()).push(&address, "main", &person.access(&server)).unwrap();
    server.behave(|manner| manner.says = 1_000_000);
    let error = person.clone(&address, &person.access(&server)).unwrap_err();
    insta::assert_snapshot!(broke_off(&error), @"
    cannot clone https://localhost:PORT/churn.git
      because the connection to localhost:PORT broke off
      hint: run it again
    ");
    assert!(!person.home.path().join("clone.git").exists());
    server.behave(|manner| manner.says = usize::MAX);
    person.clone(&address, &person.access(&server)).unwrap();
}

/// What is said, without the system's words for a broken connection, which depend on when it is noticed.
fn broke_off(error: &Error) -> String {
    let said = said(error);
    said.lines()
        .filter(|line| !line.starts_with("  because") || line.contains("broke off"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn redirects_are_followed_on_the_same_host_alone() {
    let Some(server) = Server::start(Manner::default()) else { return };
    let (person, origin) = (Person::trusting(&server), server.repository("churn.git"));
    let ours = person.begin("ours.git", &files());
    let access = person.access(&server);
    let old = server.address("old");
    server.behave(|manner| manner.redirects = Some(("/old/", "/churn.git/".into())));
    ours.push(&old, "main", &access).unwrap();
    assert_eq!(git(&origin, &["rev-parse", "main"]).trim(), ours.branch("main").unwrap().unwrap().to_string());

    let elsewhere = Server::start(Manner::default()).unwrap();
    let targets = [
        format!("https://localhost:{}/churn.git/", elsewhere.port),
        format!("http://localhost:{}/churn.git/", server.port),
        "https://user@evil.example/churn.git/".to_owned(),
        "/login?from=".to_owned(),
    ];
    for target in targets {
        server.behave(|manner| manner.redirects = Some(("/old/", target.clone())));
        let error = person.clone(&old, &access).unwrap_err();
        assert!(said(&error).contains("leads elsewhere"), "{error:?}");
    }
    assert!(elsewhere.seen().is_empty());
    server.behave(|manner| manner.redirects = Some(("/old/", "/old/".into())));
    assert!(said(&person.clone(&old, &access).unwrap_err()).contains("in circles"));
}

#[test]
fn a_proxy_is_used_asked_for_leave_and_gone_around() {
    let Some(server) = Server::start(Manner::default()) else { return };
    server.repository("churn.git");
    let proxy = Proxy::start("200 OK", server.port);
    let person = Person::trusting(&server).with("https_proxy", &proxy.url).with("no_proxy", "localhost");
    // Only the proxy knows where that is.
    let address: Address = "https://git.example/churn.git".parse().unwrap();
    let access = Access::new(&person.user(), Fixed::new("git.example", login()));
    person.clone(&address, &access).unwrap();
    let head = proxy.requests.try_recv().unwrap();
    assert!(head.starts_with("CONNECT git.example:443 HTTP/1.1"), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic") && !head.contains(TOKEN), "{head}");

    let refusing = Proxy::start("403 Forbidden", server.port);
    for (status, proxy) in [("403", refusing), ("407", Proxy::start("407 Proxy Authentication Required", 0))] {
        let person = Person::trusting(&server).with("https_proxy", &proxy.url).with("no_proxy", "localhost");
        let access = Access::new(&person.user(), Fixed::new("git.example", login()));
        let error = Repository::clone(&address, &person.home.path().join("x"), &access).unwrap_err();
        let said = said(&error);
        assert!(said.contains("does not let us through to git.example") && said.contains(status), "{said}");
        Repository::clone(&server.address("churn.git"), &person.home.path().join("y"), &person.access(&server))
            .unwrap();
    }
}

#[test]
fn who_is_not_there_is_told() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let person = Person::new();
    let access = Access::new(&person.user(), Chain::default());
    let address: Address = format!("https://127.0.0.1:{port}/churn.git").parse().unwrap();
    let error = person.clone(&address, &access).unwrap_err();
    assert!(said(&error).contains("127.0.0.1:PORT refuses connections"), "{error:?}");
    let proxied = Person::new().with("https_proxy", &format!("http://u:s3cr3t@127.0.0.1:{port}"));
    let access = Access::new(&proxied.user(), Chain::default());
    let error = person.clone(&"https://git.example/churn.git".parse().unwrap(), &access).unwrap_err();
    assert!(said(&error).contains("the proxy 127.0.0.1:PORT refuses connections"), "{error:?}");
}

#[cfg(unix)]
#[test]
fn ssh_is_the_program_of_the_user() {
    if server::http_backend().is_none() {
        return;
    }
    let person = Person::new().with("PATH", &std::env::var("PATH").unwrap());
    let home = &person.home.path().to_owned();
    git(home, &["init", "--quiet", "--bare", "--initial-branch=main", "it's here!.git"]);
    let ssh = home.join("ssh");
    fs::write(
        &ssh,
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >> \"$HOME/arguments\"\nfor last; do :; done\nexec sh -c \"$last\"\n",
    )
    .unwrap();
    executable(&ssh);
    let person = person.with("GIT_SSH_COMMAND", &format!("{} -F none", ssh.display()));
    let access = Access::new(&person.user(), Chain::default());
    let path = home.join("it's here!.git");
    let address: Address = format!("git@git.example:{}", path.display()).parse().unwrap();
    let ours = person.begin("ours.git", &large());
    ours.push(&address, "main", &access).unwrap();
    let cloned = person.clone(&address, &access).unwrap();
    assert_eq!(cloned.branch("main").unwrap(), ours.branch("main").unwrap());
    let arguments = fs::read_to_string(home.join("arguments")).unwrap();
    assert!(arguments.starts_with("-F\nnone\ngit@git.example\ngit-receive-pack '"), "{arguments}");

    let hook = path.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n").unwrap();
    executable(&hook);
    let parent = ours.branch("main").unwrap().unwrap();
    commit(&ours, &files(), &[parent], "More");
    let error = ours.push(&address, "main", &access).unwrap_err();
    assert!(said(&error).contains("not on a Friday"), "{error:?}");
    let absent: Address = format!("git@git.example:{}/absent.git", home.display()).parse().unwrap();
    let error = Repository::clone(&absent, &home.join("none"), &access).unwrap_err();
    assert!(said(&error).contains("there is no repository"), "{error:?}");

    let refusing = "f() { echo 'git@git.example: Permission denied (publickey).' >&2; exit 255; }; f";
    let person = Person::new().with("GIT_SSH_COMMAND", refusing);
    let error = person.clone(&address, &Access::new(&person.user(), Chain::default())).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAuthenticated, "{error:?}");
    let person = Person::new().with("GIT_SSH", "/nonexistent/ssh");
    let error = person.clone(&address, &Access::new(&person.user(), Chain::default())).unwrap_err();
    assert!(said(&error).contains("ssh cannot be run"), "{error:?}");
}

/// The work of the next test, in a process that finds no program at all.
#[test]
#[ignore = "run by `no_git_is_needed`"]
fn inner_no_git_is_needed() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let home = Path::new(&variable("HOME")).to_owned();
    let address: Address = variable("GIT_ADDRESS").parse().unwrap();
    let user = User::new(&std::env::vars().collect()).unwrap();
    let access = Access::usual(&user, &aiops::config::settings::Git::default(), Vec::new());
    assert!(std::process::Command::new("git").arg("version").output().is_err(), "there is a git");
    let ours = Repository::init(&home.join("ours.git"), "main").unwrap();
    let head = commit(&ours, &files(), &[], "Begin");
    let local = Repository::init(&home.join("local.git"), "main").unwrap();
    let directory = Address::directory(home.join("local.git"));
    for address in [&address, &directory] {
        ours.push(address, "main", &access).unwrap();
    }
    assert_eq!(local.branch("main").unwrap(), Some(head));
    let clone = Repository::clone(&address, &home.join("clone.git"), &access).unwrap();
    assert_eq!(clone.files(head).unwrap(), files());
}

#[test]
fn no_git_is_needed() {
    let Some(server) = Server::start(Manner::default()) else { return };
    let (person, origin) = (Person::new(), server.repository("churn.git"));
    let home = person.home.path();
    fs::write(home.join(".gitconfig"), "[credential]\n\thelper = store\n").unwrap();
    let stored = format!("https://{USER}:{TOKEN}@localhost:{}\n", server.port);
    fs::write(home.join(".git-credentials"), stored).unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "git::inner_no_git_is_needed"])
        .env_clear()
        .env("PATH", "/nonexistent")
        .env("HOME", home)
        .env("TMPDIR", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("AIOPS_GIT_CA", server.authority())
        .env("GIT_ADDRESS", server.address("churn.git").to_string())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(plain_git(&origin).args(["rev-parse", "--verify", "main"]).output().unwrap().status.success());
}
