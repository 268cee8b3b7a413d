//! Answers for people (`table`) and for `cut` and `awk` (`tsv`).

use comfy_table::{Attribute, Color, ContentArrangement, presets};

use super::text;
use crate::report::{Cell, Table, Tone, View};

/// How wide and how colourful a table may be.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal; none means that nothing is cut.
    pub width: Option<u16>,
    /// Whether to use colour.
    pub color: bool,
}

/// `view` for people, with a line break at its end.
pub fn render(view: &View, style: Style) -> String {
    match view {
        View::Table(table) if table.rows.is_empty() => format!("{}\n", text::sanitize(table.empty)),
        View::Table(table) => render_table(table, style),
        View::Fields(fields) => render_fields(fields, style),
        View::Text(text) => with_line_break(text::sanitize_lines(text)),
        View::Sections(sections) => {
            let bold = if style.color { anstyle::Style::new().bold() } else { anstyle::Style::new() };
            let section = |(title, view): &(String, View)| {
                format!("{bold}{}{bold:#}\n{}", text::sanitize(title), render(view, style))
            };
            sections.iter().map(section).collect::<Vec<_>>().join("\n")
        }
    }
}

/// `view` as tab-separated lines: no headings, no titles, a blank line between sections.
pub fn render_tsv(view: &View) -> String {
    let line = |cells: Vec<String>| cells.join("\t") + "\n";
    match view {
        View::Table(table) => {
            table.rows.iter().map(|row| line(row.iter().map(|cell| text::tsv_cell(&cell.text)).collect())).collect()
        }
        View::Fields(fields) => {
            fields.iter().map(|(name, value)| line(vec![text::tsv_cell(name), text::tsv_cell(&value.text)])).collect()
        }
        View::Text(text) => with_line_break(text::sanitize_lines(text)),
        View::Sections(sections) => sections.iter().map(|(_, view)| render_tsv(view)).collect::<Vec<_>>().join("\n"),
    }
}

fn render_table(table: &Table, style: Style) -> String {
    let mut grid = grid(&table.rows, style);
    let heading = |name: &&str| comfy_table::Cell::new(name).add_attribute(Attribute::Bold);
    grid.set_header(one_line(table.columns.iter().map(heading)));
    grid.trim_fmt() + "\n"
}

/// One value a line, never cut: a person who asks for one thing wants all of it.
fn render_fields(fields: &[(String, Cell)], style: Style) -> String {
    let row = |(name, value): &(String, Cell)| vec![Cell::new(format!("{name}:"), Tone::Faint), value.clone()];
    let rows: Vec<_> = fields.iter().map(row).collect();
    grid(&rows, Style { width: None, ..style }).trim_fmt() + "\n"
}

/// Rows without borders, two spaces between columns, one line each.
fn grid(rows: &[Vec<Cell>], style: Style) -> comfy_table::Table {
    let mut grid = comfy_table::Table::new();
    // Safe text has no NUL, so a cell is cut where its column ends rather than between words.
    grid.load_style(presets::NOTHING).set_truncation_indicator("…").set_delimiter('\0').force_no_tty();
    grid.style_text_only();
    if let Some(width) = style.width {
        grid.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    }
    if style.color {
        grid.enforce_styling();
    }
    grid.add_rows(rows.iter().map(|row| one_line(row.iter().map(styled))));
    let last = rows.first().map_or(0, Vec::len).saturating_sub(1);
    for (index, column) in grid.column_iter_mut().enumerate() {
        column.set_padding((0, if index == last { 0 } else { 2 }));
    }
    grid
}

fn one_line(cells: impl Iterator<Item = comfy_table::Cell>) -> comfy_table::Row {
    let mut row = comfy_table::Row::from(cells.collect::<Vec<_>>());
    row.max_height(1);
    row
}

fn styled(cell: &Cell) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new(text::sanitize(&cell.text));
    match cell.tone {
        Tone::Plain => shown,
        Tone::Good => shown.fg(Color::DarkGreen),
        Tone::Waiting => shown.fg(Color::DarkYellow),
        Tone::Bad => shown.fg(Color::DarkRed),
        Tone::Faint => shown.add_attribute(Attribute::Dim),
    }
}

fn with_line_break(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
