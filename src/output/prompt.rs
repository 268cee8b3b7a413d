//! Questions, on stderr, to a person at a terminal.

use inquire::InquireError;
use inquire::ui::RenderConfig;

use super::{Ui, text};
use crate::error::{Error, Kind, Result};

impl Ui {
    /// Asks whether to go on. `--yes` answers for the user; the default is no.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        if self.assumes_yes() {
            return Ok(true);
        }
        self.ask(question, "--yes answers every question with yes", |question, look| {
            inquire::Confirm::new(question).with_default(false).with_render_config(look).prompt()
        })
    }

    /// Asks for a line of text until `check` accepts it; its message then says what is wrong.
    pub fn prompt<T>(&self, question: &str, check: impl Fn(&str) -> Result<T>) -> Result<T> {
        loop {
            let line = self.ask(question, "give it as an option", |question, look| {
                inquire::Text::new(question).with_render_config(look).prompt()
            })?;
            match check(line.trim()) {
                Ok(value) => return Ok(value),
                Err(error) => self.write_stderr(&super::error::human(&error, self.colors_stderr())),
            }
        }
    }

    /// Asks for one of `options`; returns its index.
    pub fn select(&self, question: &str, options: &[&str]) -> Result<usize> {
        let shown: Vec<String> = options.iter().map(|option| text::sanitize(option)).collect();
        self.ask(question, "give it as an option", |question, look| {
            inquire::Select::new(question, shown).with_render_config(look).raw_prompt().map(|choice| choice.index)
        })
    }

    fn ask<T>(
        &self,
        question: &str,
        otherwise: &str,
        prompt: impl FnOnce(&str, RenderConfig<'static>) -> Result<T, InquireError>,
    ) -> Result<T> {
        if !self.is_interactive() {
            let message = format!("there is nobody to ask: {question}");
            return Err(Error::usage(message).hint(otherwise));
        }
        let look = if self.colors_stderr() { RenderConfig::default_colored() } else { RenderConfig::empty() };
        self.bars().suspend(|| prompt(&text::sanitize(question), look)).map_err(|error| match error {
            InquireError::OperationCanceled | InquireError::OperationInterrupted => {
                Error::new(Kind::Cancelled, "cancelled")
            }
            other => Error::failed("cannot ask a question on this terminal").because(other).hint(otherwise),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::Screen;

    #[test]
    fn yes_answers_and_nobody_to_ask_is_a_usage_error() {
        assert!(Screen::new().yes().ui.confirm("delete?").unwrap());

        let screen = Screen::new();
        let refusals = [
            screen.ui.confirm("delete?").unwrap_err(),
            screen.ui.prompt("account", |line| Ok(line.to_owned())).unwrap_err(),
            screen.ui.select("which", &["a", "b"]).unwrap_err(),
        ];
        for error in &refusals {
            assert_eq!(error.kind(), Kind::Usage);
            assert_eq!(error.hints().len(), 1);
        }
        assert_eq!(refusals[0].to_string(), "there is nobody to ask: delete?");
        assert_eq!(screen.stderr(), "");
    }
}
