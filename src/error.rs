//! What can go wrong, and what the person who reads it should do next.
//!
//! Every failure that leaves a command is an [`Error`]: a [`Kind`] that decides the exit code, a message, the chain of
//! causes, hints, and the AWS request id when AWS said no. Exit codes are public API (`aiops help exit-codes`).

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// Shorthand used all over the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of a failure. It decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The operation was tried and did not succeed.
    Failed,
    /// The command line asks for something that cannot be.
    Usage,
    /// `aiops.yaml` or another input file is wrong.
    Config,
    /// A plan has changes, and `--detailed-exitcode` asked to be told so.
    ChangesPending,
    /// Some accounts or steps failed; the rest was done.
    Partial,
    /// There are no usable credentials.
    NotAuthenticated,
    /// IAM, a gate or the state machine said no, or an approval is still missing.
    Denied,
    /// A deployment went back to what was there before.
    RolledBack,
    /// Stopped by the user.
    Cancelled,
}

impl Kind {
    /// Whether something that the user wrote is wrong: a command line, or a file.
    pub fn is_input(self) -> bool {
        matches!(self, Kind::Usage | Kind::Config)
    }

    /// The process exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Failed => 1,
            Kind::Usage | Kind::Config | Kind::ChangesPending => 2,
            Kind::Partial => 3,
            Kind::NotAuthenticated => 4,
            Kind::Denied => 5,
            Kind::RolledBack => 6,
            Kind::Cancelled => 130,
        }
    }
}

/// A failure with everything a person needs to act on it.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: Cow<'static, str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    hints: Vec<String>,
    request_id: Option<String>,
    report: Option<String>,
}

impl Error {
    /// A failure of `kind`. Messages start in lower case or with a name, and have no full stop.
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
            hints: Vec::new(),
            request_id: None,
            report: None,
        }))
    }

    /// The operation was tried and did not succeed.
    pub fn failed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command line asks for something that cannot be.
    pub fn usage(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// An input file is wrong.
    pub fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Config, message)
    }

    /// IAM, a gate or the state machine said no.
    pub fn denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Denied, message)
    }

    /// Adds the cause; its own sources are shown below it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds what to do next. Order is kept, repetitions are dropped.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.0.hints.contains(&hint) {
            self.0.hints.push(hint);
        }
        self
    }

    /// Adds the id by which AWS Support and CloudTrail know the refused request.
    #[must_use]
    pub fn request_id(mut self, id: Option<impl Into<String>>) -> Self {
        self.0.request_id = id.map(Into::into);
        self
    }

    /// Adds a rendered report (diagnostics with source snippets, without colour), printed below the message in place
    /// of the causes.
    #[must_use]
    pub fn report(mut self, report: impl Into<String>) -> Self {
        self.0.report = Some(report.into());
        self
    }

    /// The same failure as another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same failure under a headline that says what was being done; the old message becomes the cause.
    #[must_use]
    pub fn context(self, message: impl Into<Cow<'static, str>>) -> Self {
        let mut outer = Self::new(self.0.kind, message);
        outer.0.hints.clone_from(&self.0.hints);
        outer.0.request_id.clone_from(&self.0.request_id);
        outer.0.report.clone_from(&self.0.report);
        outer.because(self)
    }

    /// The class of this failure.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What to do next, in the order in which it was added.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// The id of the AWS request that failed, if one did.
    pub fn aws_request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The rendered report, if there is one.
    pub fn rendered_report(&self) -> Option<&str> {
        self.0.report.as_deref()
    }

    /// The causes, nearest first.
    pub fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        std::iter::successors(StdError::source(self), |&cause| cause.source())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
