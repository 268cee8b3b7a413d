//! Independent clients judge the sandbox: boto3 and the AWS CLI use it unchanged, and AWS's own service models are held
//! against every shape that it declares.
//!
//! They need Python with what `tests/conformance/requirements.txt` lists: `AIOPS_PYTHON` names the interpreter. Without
//! one these tests say so and pass, unless `AIOPS_CONFORMANCE=required`, as in CI.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Served, TestEnv};

/// Where the scripts are.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// A Python that has what the scripts need, in the very versions (AWS's models change with each), or a clear word why the
/// test is skipped.
pub fn python() -> Option<String> {
    let python = std::env::var("AIOPS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let requirements = scripts().join("requirements.txt");
    let check = "import importlib.metadata as m, sys
pins = (line.split('==') for line in open(sys.argv[1]) if '==' in line)
sys.exit(any(m.version(name.strip()) != version.strip() for name, version in pins))";
    let has_packages = Command::new(&python)
        .args(["-c", check])
        .arg(&requirements)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if has_packages {
        return Some(python);
    }
    assert!(
        std::env::var("AIOPS_CONFORMANCE").as_deref() != Ok("required"),
        "{python} lacks what tests/conformance/requirements.txt lists: pip install -r it"
    );
    let word =
        "skipped: no Python with what tests/conformance/requirements.txt lists (AIOPS_PYTHON); CI always runs it";
    std::io::stderr().write_all(format!("{word}\n").as_bytes()).unwrap();
    None
}

/// Runs a script against a served sandbox, and holds that it is content.
fn satisfied(python: &str, script: &str, served: &Served) {
    let output = Command::new(python)
        .arg(scripts().join(script))
        .env("AWS_ENDPOINT_URL", &served.url)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn conformance_boto3_and_the_aws_cli_use_the_sandbox_unchanged() {
    let Some(python) = python() else { return };
    let env = TestEnv::new();
    satisfied(&python, "test_clients.py", &Served::start(&env, &["--speed", "60"]));
}

#[cfg(feature = "sagemaker")]
#[test]
fn conformance_with_boto3_nobody_decides_what_is_not_theirs() {
    let Some(python) = python() else { return };
    let env = TestEnv::new();
    assert_eq!(env.line("demo .").code, 0);
    satisfied(&python, "personas.py", &Served::start(&env, &[]));
}

#[test]
fn conformance_every_declared_shape_is_that_of_aws() {
    let Some(python) = python() else { return };
    let mut child = Command::new(python)
        .arg(scripts().join("check_shapes.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let shapes = aiops::sandbox::service::describe().to_string();
    child.stdin.take().unwrap().write_all(shapes.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
