//! `demo`: the promotion story in a sandbox of its own, which stays to be explored.

pub mod landscape;
pub mod models;
mod story;

use std::fs;
use std::path::{Path, PathBuf};

use self::models::{FIRST, SECOND};
use self::story::Step;
use crate::cli;
use crate::cli::demo::Args;
use crate::commands::init::SCHEMA;
use crate::commands::setting::{STORE, Setting};
use crate::config;
use crate::config::domain::Network;
use crate::config::init::{self, Answers, TenantAnswers};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::governance::{Persona, Stage};
use crate::landscape::Landscape;
use crate::progress::Progress as _;
use crate::report::{Report, View};
use crate::sandbox::Sandbox;

/// What the first line of a demo's configuration says: nothing else is ever replaced.
const MARK: &str = "# A landscape to try things in, made by `aiops demo`.";

/// What the domain of the demo has projects for.
const PROFILES: &str = "
profiles:
  - { name: tabular, use-case: regression, description: Models that predict a number }
  - { name: language, use-case: llm-finetuning, stages: [dev] }
";

/// Who commits to the demo's repositories, and where they are.
const GIT: &str = "
git:
  directory: repositories
  author: { name: aiops, email: aiops@example.com }
";
/// The same directory.
const REPOSITORIES: &str = "repositories";

/// Plays the story, and shows what came of it.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    // `.` in the middle of a path says nothing.
    let directory: PathBuf = context.working_directory.join(&args.directory).components().collect();
    let store = prepare(&directory)?;
    let inside = inside(context, &directory);
    let setting = Setting::load(&inside)?;
    let config = setting.config()?.clone();
    let sandbox = Sandbox::open(Some(&store), context.clock.clone(), 1.0)
        .map_err(|error| Error::failed("the sandbox store cannot be made").because(error))?;
    let landscape = Landscape::new(&config);
    landscape::build(&sandbox, &config, &landscape)?;
    drop(sandbox);
    context.ui.note(&format!(
        "{} accounts are in {}: governance, shared services, and dev, test and prod of two tenants.",
        2 + 3 * landscape.tenants().len(),
        args.directory.display(),
    ));
    for step in story::STEPS {
        play(&inside, step).await?;
    }
    heading(context, "Where everything stands now");
    context.ui.note("$ aiops status");
    let status = words(&["status"])?;
    let report = Box::pin(super::run(&inside, &status)).await?;
    let change = format!("cd {}", args.directory.display());
    let next = [
        "aiops approve diabetes-progression:2 --stage test --status approved --comment \"beats :1\"",
        "aiops promote diabetes-progression:2 --to prod",
        "aiops status",
        "git clone repositories/clinical-diabetes-progression.git    # what the team begins with",
        "aiops sandbox serve    # boto3 and the AWS CLI can use it too",
    ];
    let report = report.next(change);
    Ok(next.into_iter().fold(report, Report::next))
}

/// An empty directory with a configuration, in place of what an earlier demo left there.
fn prepare(directory: &Path) -> Result<PathBuf> {
    let cannot =
        |error: std::io::Error| Error::failed(format!("cannot write to {}", directory.display())).because(error);
    let file = directory.join("aiops.yaml");
    let store = directory.join(STORE);
    match fs::read_to_string(&file) {
        Ok(text) if !text.contains(MARK) => {
            return Err(Error::usage(format!("{} is not from a demo, and is left alone", file.display()))
                .hint("play the demo somewhere else: `aiops demo DIR`"));
        }
        // They belong to projects of the sandbox that goes.
        Ok(_) => absent(fs::remove_dir_all(directory.join(REPOSITORIES))).map_err(cannot)?,
        Err(error) => absent(Err(error)).map_err(cannot)?,
    }
    fs::create_dir_all(directory).map_err(cannot)?;
    absent(fs::remove_file(&store)).map_err(cannot)?;
    fs::write(&file, configuration()?).map_err(cannot)?;
    fs::write(directory.join(SCHEMA), config::schema_text()).map_err(cannot)?;
    Ok(store)
}

/// That something is not there is as good as its removal.
fn absent(outcome: std::io::Result<()>) -> std::io::Result<()> {
    outcome.or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn configuration() -> Result<String> {
    let network = Network {
        vpc: "vpc-0a1b2c3d".parse()?,
        subnets: vec!["subnet-0a1b2c3d".parse()?, "subnet-1a1b2c3d".parse()?, "subnet-2a1b2c3d".parse()?],
    };
    let tenant = |name: &str, dev: &str, test: &str, prod: &str| -> Result<TenantAnswers> {
        let accounts = [dev.parse()?, test.parse()?, prod.parse()?];
        let mut tenant = TenantAnswers::with_accounts(name.parse()?, accounts);
        for stage in tenant.stages.iter_mut().flatten() {
            stage.network = Some(network.clone());
        }
        Ok(tenant)
    };
    let answers = Answers {
        shared_services: Some("222222222222".parse()?),
        tenants: vec![
            tenant(story::TENANT, "333333333333", "444444444444", "555555555555")?,
            tenant(story::OTHER_TENANT, "666666666666", "777777777777", "888888888888")?,
        ],
        sandbox: Some(STORE.to_owned()),
        ..Answers::new("eu-west-1".parse()?, "111111111111".parse()?)
    };
    Ok(format!("{MARK}\n{}{PROFILES}{GIT}", init::render(&answers)))
}

/// The same context in the demo's directory, and nothing from outside that would lead elsewhere.
fn inside(context: &Context, directory: &Path) -> Context {
    let mut inside = context.clone();
    inside.working_directory = directory.to_owned();
    inside.environment.retain(|name, _| !name.starts_with("AIOPS_") && !name.starts_with("AWS_"));
    let settings = &mut inside.settings;
    (settings.config, settings.sandbox, settings.tenant, settings.persona) = (None, None, None, None);
    (settings.region, settings.endpoint_url, settings.profile, settings.dry_run) = (None, None, None, false);
    inside
}

async fn play(context: &Context, step: &Step) -> Result<()> {
    match step {
        Step::Register { title, tenant, model, trained } => {
            heading(context, title);
            let mut here = context.clone();
            // Not whoever plays the demo: approvals need a second pair of eyes.
            here.environment.insert("AIOPS_SOURCE_IDENTITY".to_owned(), "training-pipeline".to_owned());
            let scene = Setting::load(&here)?.open(&here).await?;
            let world = scene.world(&here);
            let owner = world.landscape.tenant(tenant)?;
            let ci = world.session(owner.stage(Stage::Dev), Persona::Ci).await?;
            let trained = if *trained == 1 { &FIRST } else { &SECOND };
            let number = models::register(&ci, owner.dev_bucket(), model, trained).await?;
            context.ui.note(&format!("{tenant}/{model}:{number} is registered: {}", trained.summary()?));
            Ok(())
        }
        Step::Ask { title, trained } => {
            heading(context, title);
            let scene = Setting::load(context)?.open(context).await?;
            let world = scene.world(context);
            let owner = world.landscape.tenant(story::TENANT)?;
            let engineer = world.session(owner.stage(Stage::Prod), Persona::Engineer).await?;
            let trained = if *trained == 1 { &FIRST } else { &SECOND };
            let endpoint = owner.endpoint_name(story::MODEL, Stage::Prod);
            for (predicted, true_value) in models::ask(&engineer, &endpoint, trained).await? {
                context.ui.note(&format!("predicted {predicted:5.1}, true {true_value:5.1}"));
            }
            Ok(())
        }
        Step::Command { title, words: line, refused } => {
            heading(context, title);
            context.ui.note(&format!("$ aiops {}", typed(line)));
            let command = words(line)?;
            let mut here = context.clone();
            here.settings.persona = option(line, "--as").map(str::parse).transpose()?;
            here.settings.tenant = option(line, "--tenant").map(str::to_owned);
            here.settings.yes = line.contains(&"--yes");
            match Box::pin(super::run(&here, &command)).await {
                Ok(report) if !refused => {
                    told(&report).iter().for_each(|line| context.ui.note(line));
                    Ok(())
                }
                Err(error) if *refused && error.kind() == Kind::Denied => {
                    let cause = error.causes().last().map_or_else(|| error.to_string(), ToString::to_string);
                    context.ui.note(&format!("refused (exit code {}): {cause}", error.kind().exit_code()));
                    Ok(())
                }
                Ok(_) => Err(Error::failed("AWS should have refused this").hint("please report this: it is a bug")),
                Err(error) => Err(error),
            }
        }
    }
}

fn heading(context: &Context, title: &str) {
    context.ui.note("");
    context.ui.note(&format!("# {title}"));
}

/// The command that the words after `aiops` stand for.
fn words(line: &[&str]) -> Result<cli::Command> {
    let arguments = std::iter::once("aiops").chain(line.iter().copied()).map(Into::into);
    let parsed = cli::parse(arguments).map_err(|error| Error::failed("a line of the story is wrong").because(error))?;
    Ok(parsed.command)
}

/// The value of a global option among the words: they are resolved apart from commands.
fn option<'a>(line: &[&'a str], name: &str) -> Option<&'a str> {
    line.iter().skip_while(|word| **word != name).nth(1).copied()
}

/// The words as they would be typed into a shell.
fn typed(line: &[&str]) -> String {
    let quoted = line.iter().map(|word| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() });
    quoted.collect::<Vec<_>>().join(" ")
}

/// A report in a few lines, as the command shows it.
fn told(report: &Report) -> Vec<String> {
    let View::Fields(fields) = &report.view else { return Vec::new() };
    let width = fields.iter().map(|(name, _)| name.len() + 1).max().unwrap_or_default();
    fields.iter().map(|(name, cell)| format!("{:width$}  {}", format!("{name}:"), cell.text)).collect()
}
