//! Tables: no lines but one under the header, words left, numbers right, cells wrapped to the width there is.

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle,
    Width,
};

use super::super::safe;
use super::Style;
use super::ink::{self, Ink};
use crate::document::{Table, Words};

/// Most rows: nobody reads more in a terminal.
const ROWS: usize = 200;
/// Longest word for which a column is kept wide enough.
const WORD: usize = 28;

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
    let widths = least_widths(table);
    let sum = |numbers: bool| {
        let columns = widths.iter().zip(&table.columns);
        let counted = columns.filter(|(_, column)| column.number || !numbers);
        counted.map(|(width, _)| *width).sum::<usize>()
    };
    // Words and times are not torn as long as all of them fit; numbers, while that leaves words half of the page.
    let words = sum(false) + 2 * widths.len() <= style.width;
    let numbers = sum(true) <= style.width / 2;
    for (index, (width, column)) in widths.iter().zip(&table.columns).enumerate() {
        let Some(cells) = grid.column_mut(index) else {
            continue;
        };
        cells.set_padding((0, 2));
        if column.number {
            cells.set_cell_alignment(CellAlignment::Right);
        }
        if words || column.number && numbers {
            let width = u16::try_from(*width).unwrap_or(u16::MAX);
            cells.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
    }
    let mut out = String::new();
    for line in grid.lines() {
        out += line.trim_end();
        out.push('\n');
    }
    if let Some(rest) = table.rest(ROWS) {
        out += &Ink::Dim.paint(&rest, style.colour);
        out.push('\n');
    }
    out
}

/// For each column what its widest number or its longest word takes, padding included.
fn least_widths(table: &Table) -> Vec<usize> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(index, column)| {
            let rows = table.rows.iter().take(ROWS);
            let cells = rows.filter_map(|row| row.get(index)).map(Words::plain);
            let longest = |text: &str| text.split(' ').map(ink::width).max().unwrap_or(0);
            let widest = cells.map(|text| match column.number {
                true => ink::width(&text),
                false => longest(&text).min(WORD),
            });
            widest
                .max()
                .unwrap_or(0)
                .max(longest(&column.title).min(WORD))
                + 2
        })
        .collect()
}
