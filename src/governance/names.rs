//! Words with a fixed spelling, read from people.

use crate::error::Error;
use crate::nearest::nearest;

/// Finds `text` among `choices` by its name, whatever the case, or says which name was probably meant.
pub(super) fn parse<T: Copy>(
    what: &str,
    text: &str,
    choices: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, Error> {
    if let Some(choice) = choices.iter().copied().find(|&choice| name(choice).eq_ignore_ascii_case(text)) {
        return Ok(choice);
    }
    let names: Vec<&str> = choices.iter().map(|&choice| name(choice)).collect();
    let error = Error::usage(format!("{text:?} is not a {what}"));
    let error = match nearest(text, names.iter().copied()) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error,
    };
    Err(error.hint(format!("a {what} is one of {}", names.join(", "))))
}
