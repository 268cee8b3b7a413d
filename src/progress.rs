//! How long work tells what it is doing. The nouns know this trait; only `output` knows the screen.

/// Receives what is going on. Nothing here is data: it may be dropped.
pub trait Progress: Send + Sync {
    /// Work on `what` begins. The returned task ends it.
    fn start(&self, what: &str) -> Box<dyn Task>;
    /// Something worth a line that is not an error.
    fn note(&self, message: &str);
    /// Something the user should look at.
    fn warn(&self, message: &str);
}

/// One piece of work under way.
pub trait Task: Send + Sync {
    /// What it is doing now, such as `Creating, 40 s`.
    fn update(&self, status: &str);
    /// It is done, with a short result.
    fn finish(self: Box<Self>, result: &str);
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: &str) -> Box<dyn Task> {
        Box::new(Silent)
    }
    fn note(&self, _: &str) {}
    fn warn(&self, _: &str) {}
}

impl Task for Silent {
    fn update(&self, _: &str) {}
    fn finish(self: Box<Self>, _: &str) {}
}
