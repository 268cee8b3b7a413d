use proptest::prelude::*;

use super::*;

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// Everything that an error says.
fn said(error: &Error) -> String {
    let causes: String = error.causes().map(|cause| format!("{cause:?} {cause}")).collect();
    format!("{error} {error:?} {causes} {:?}", error.hints())
}

#[test]
fn the_ways_to_write_an_address() {
    let cases = [
        ("https://github.com/acme/churn.git", Protocol::Https, "github.com", None, None, "/acme/churn.git"),
        ("https://GitHub.com:443/acme/churn", Protocol::Https, "github.com", None, None, "/acme/churn"),
        ("https://someone@git.example:8443/a/b", Protocol::Https, "git.example", Some(8443), Some("someone"), "/a/b"),
        ("https://[::1]:8443/a/b", Protocol::Https, "[::1]", Some(8443), None, "/a/b"),
        ("ssh://git@git.example:2222/a/b.git", Protocol::Ssh, "git.example", Some(2222), Some("git"), "/a/b.git"),
        ("ssh://git.example/~git/b.git", Protocol::Ssh, "git.example", None, None, "~git/b.git"),
        ("git@github.com:acme/churn.git", Protocol::Ssh, "github.com", None, Some("git"), "acme/churn.git"),
        ("git.example:/srv/a.git", Protocol::Ssh, "git.example", None, None, "/srv/a.git"),
        ("git@[::1]:a.git", Protocol::Ssh, "[::1]", None, Some("git"), "a.git"),
        ("file:///srv/a%20b.git", Protocol::File, "", None, None, "/srv/a b.git"),
        ("file://localhost/srv/a.git", Protocol::File, "", None, None, "/srv/a.git"),
        ("/srv/a.git", Protocol::File, "", None, None, "/srv/a.git"),
        ("repositories/a:b.git", Protocol::File, "", None, None, "repositories/a:b.git"),
        (r"C:\repositories\a.git", Protocol::File, "", None, None, r"C:\repositories\a.git"),
        (
            "codecommit::eu-west-1://churn",
            Protocol::Https,
            "git-codecommit.eu-west-1.amazonaws.com",
            None,
            None,
            "/v1/repos/churn",
        ),
        (
            "codecommit::cn-north-1://churn",
            Protocol::Https,
            "git-codecommit.cn-north-1.amazonaws.com.cn",
            None,
            None,
            "/v1/repos/churn",
        ),
    ];
    for (text, protocol, host, port, user, path) in cases {
        let read = address(text);
        assert_eq!(
            (read.protocol(), read.host(), read.port(), read.user(), read.path()),
            (protocol, host, port, user, path),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        "http://github.com/acme/churn",
        "ftp://github.com/acme/churn",
        "ext::sh -c touch% /tmp/pwned",
        "https://",
        "https://github.com",
        "https://github.com/",
        "https:///acme/churn",
        "https://github.com/acme/churn?token=x",
        "https://github.com/acme/churn#x",
        "https://github.com/acme/a b",
        "https://github.com:port/acme/churn",
        "https://github.com:99999/acme/churn",
        "https://git hub.com/acme/churn",
        "https://-oProxyCommand=x/acme/churn",
        "https://[::1/acme/churn",
        "https://us%0aer:x@github.com/acme/churn",
        "https://us%0aer@github.com/acme/churn",
        "https://github.com/acme/\u{1b}[2J",
        "ssh://-oProxyCommand=touch%20pwned/acme/churn",
        "ssh://-oProxyCommand=x@github.com/acme/churn",
        "-oProxyCommand=x@github.com:acme/churn",
        "git@-oProxyCommand=x:acme/churn",
        "git@github.com:-acme/churn",
        "git@github.com:",
        "file://other.example/srv/a.git",
        "codecommit://churn",
        "codecommit::eu-west-1://profile@churn",
        "codecommit::evil.example/://churn",
    ] {
        let error = text.parse::<Address>().expect_err(text);
        assert_eq!(error.kind(), crate::error::Kind::Config, "{text}");
    }
}

#[test]
fn a_repository_on_another_machine_is_not_hidden_in_a_path() {
    assert_eq!(address("./git@github.com:a.git").protocol(), Protocol::File);
    assert_eq!(address("a/[x]:y").protocol(), Protocol::File);
}

#[test]
fn tokens_are_refused_and_never_repeated() {
    let secrets = ["ghp_0123456789", "github_pat_11AA", "glpat-abcdef", "hunter2", "p%40ss", &"x".repeat(40)];
    for secret in secrets {
        for (text, in_password) in [
            (format!("https://user:{secret}@github.com/acme/churn"), true),
            (format!("https://:{secret}@github.com/acme/churn"), true),
            (format!("ssh://user:{secret}@github.com/acme/churn"), true),
            (format!("user:{secret}@github.com:acme/churn"), true),
            (format!("https://x@y:{secret}@github.com/acme/churn"), true),
            (format!("https://{secret}@github.com/acme/churn"), false),
            (format!("https://user:{secret}@bad host/acme/churn"), true),
            (format!("https://user:{secret}@github.com"), true),
            (format!("http://user:{secret}@github.com/acme"), true),
            (format!("user:{secret}@https://github.com/acme"), true),
        ] {
            match text.parse::<Address>() {
                Err(error) => assert!(!said(&error).contains(secret), "{error:?}"),
                // A short word alone looks like the name of a user.
                Ok(address) => assert!(!in_password && !address.to_string().contains(secret), "{text}"),
            }
        }
    }
    let error = "https://ghp_0123456789@github.com/acme/churn".parse::<Address>().unwrap_err();
    assert!(error.hints()[0].contains("AIOPS_GIT_TOKEN"));
}

proptest! {
    #[test]
    fn what_is_shown_is_read_again(
        host in "[a-z0-9][a-z0-9.-]{0,20}[a-z0-9]",
        port in proptest::option::of(1u16..),
        user in "[a-z][a-z0-9._-]{0,10}",
        path in "/[A-Za-z0-9._~/%-]{1,40}",
        scheme in prop_oneof![Just("https"), Just("ssh")],
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let text = format!("{scheme}://{user}@{host}{port}{path}");
        if let Ok(read) = text.parse::<Address>() {
            let again = address(&read.to_string());
            prop_assert_eq!(again.to_string(), read.to_string());
            prop_assert_eq!((again.host(), again.port(), again.path()), (read.host(), read.port(), read.path()));
        }
    }

    #[test]
    fn nothing_reads_into_a_panic_or_an_option(text in "\\PC{0,60}") {
        if let Ok(read) = text.parse::<Address>()
            && read.protocol() == Protocol::Ssh
        {
            prop_assert!(!read.host().starts_with('-') && !read.path().starts_with('-'));
            prop_assert!(!read.user().unwrap_or_default().starts_with('-'));
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_never_repeated(
        user in "[a-zA-Z0-9]{0,8}",
        password in "[a-zA-Z0-9!$&*+,;=%._~-]{8,40}",
        host in "[a-z]{1,10}\\.example",
        path in "[a-z/ ?#]{0,20}",
        scheme in prop_oneof![Just("https"), Just("http"), Just("ssh"), Just("ftp")],
    ) {
        let error = format!("{scheme}://{user}:{password}@{host}/{path}").parse::<Address>().unwrap_err();
        prop_assert!(!said(&error).contains(&password));
    }
}
