//! Tables: no lines but one under the header, words left, numbers right, cells wrapped to the width there is.

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle,
    Width,
};

use super::super::safe;
use super::Style;
use super::ink::{self, Ink};
use crate::document::Table;
use crate::{t, text};

/// Most rows: nobody reads more in a terminal.
const ROWS: usize = 200;

const LOOK: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The table, each line ended.
pub(super) fn text(table: &Table, style: Style) -> String {
    let mut grid = comfy_table::Table::new();
    grid.load_style(LOOK)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(style.width).unwrap_or(u16::MAX));
    match style.colour {
        true => grid.enforce_styling(),
        false => grid.force_no_tty(),
    };
    grid.set_header(
        table
            .columns
            .iter()
            .map(|column| Cell::new(safe::inline(&column.title)).add_attribute(Attribute::Bold)),
    );
    for row in table.rows.iter().take(ROWS) {
        grid.add_row(row.iter().map(|words| {
            let text = words.plain();
            Cell::new(safe::inline(&text))
        }));
    }
    let numbers = number_widths(table);
    // Numbers stay on one line while that leaves words half of the page.
    let whole = numbers.iter().flatten().sum::<usize>() <= style.width / 2;
    for (index, number) in numbers.iter().enumerate() {
        let Some(column) = grid.column_mut(index) else {
            continue;
        };
        column.set_padding((0, 2));
        if let Some(width) = number {
            column.set_cell_alignment(CellAlignment::Right);
            if whole {
                let width = u16::try_from(*width).unwrap_or(u16::MAX);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
            }
        }
    }
    let mut out = String::new();
    for line in grid.lines() {
        out += line.trim_end();
        out.push('\n');
    }
    let more = table.more + table.rows.len().saturating_sub(ROWS) as u64;
    if more > 0 {
        let more = t!("… and {count} more rows", count = text::count(more));
        out += &Ink::Dim.paint(&more, style.colour);
        out.push('\n');
    }
    out
}

/// For each column that holds numbers, the columns that its widest cell takes, padding included.
fn number_widths(table: &Table) -> Vec<Option<usize>> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(index, column)| {
            let cells = table
                .rows
                .iter()
                .take(ROWS)
                .filter_map(|row| row.get(index));
            let widest = cells.map(|words| ink::width(&words.plain())).max();
            column.number.then(|| widest.unwrap_or(0) + 2)
        })
        .collect()
}
