// SPDX-License-Identifier: GPL-2.0

//! A figure: a drawing, what it says in words, its numbers, its settings, and how to get it again.

use maud::{html, Markup};

/// Numbers under names.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// What they are.
    pub caption: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows; the first column names the row.
    pub rows: Vec<Vec<String>>,
}

/// A figure.
#[derive(Debug)]
pub struct Figure {
    /// What it shows.
    pub title: String,
    /// What is to be seen in it, for those who do not see it.
    pub words: String,
    /// The names of its series, to be switched on and off; none if there is nothing to switch.
    pub series: Vec<String>,
    /// The drawing, an `svg` without its title.
    pub drawing: Markup,
    /// Its numbers.
    pub data: Vec<Data>,
    /// All settings that its runs have in common.
    pub settings: String,
    /// The command that repeats it.
    pub command: String,
}

impl Figure {
    /// Draws it; `n` is its number on the page.
    pub fn draw(&self, n: usize) -> Markup {
        let id = format!("figure-{n}");
        html! {
            figure id=(id) {
                figcaption { h3 { (self.title) } p.words { (self.words) } }
                @if self.series.len() > 1 {
                    div.legend role="group" aria-label="Series; press to hide or show" {
                        @for (i, name) in self.series.iter().enumerate() {
                            button type="button" class={ "key s" (i % 8) } data-series=(i) aria-pressed="true" {
                                svg viewBox="-6 -6 12 12" aria-hidden="true" { (marker(i, 0.0, 0.0)) }
                                (name)
                            }
                        }
                    }
                }
                div.plot tabindex="0" role="group" aria-label={ "Chart: " (self.title) ". Arrow keys read its points." } {
                    (self.drawing)
                    output.tip hidden aria-live="polite" {}
                }
                details {
                    summary { "Data, settings, and the command that repeats it" }
                    @for data in &self.data { (data.draw()) }
                    p { b { "Settings " } code { (self.settings) } }
                    p { b { "Again " } code.command { (self.command) } }
                }
            }
        }
    }
}

impl Data {
    /// A table with the names of columns and rows marked as such.
    pub fn draw(&self) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table {
                    caption { (self.caption) }
                    thead { tr { @for name in &self.head { th scope="col" { (name) } } } }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                @for (i, text) in row.iter().enumerate() {
                                    @if i == 0 { th scope="row" { (text) } } @else { td { (text) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The mark of series `i`: its shape differs too, for those who cannot tell the colours.
pub fn marker(i: usize, x: f64, y: f64) -> Markup {
    let at = |points: &[(f64, f64)]| {
        let points: Vec<String> = points
            .iter()
            .map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy))
            .collect();
        points.join(" ")
    };
    let class = format!("mark s{}", i % 8);
    let shape: &[(f64, f64)] = match i % 6 {
        1 => &[(-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)],
        2 => &[(0.0, -4.5), (4.2, 3.2), (-4.2, 3.2)],
        3 => &[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)],
        4 => &[(0.0, 4.5), (4.2, -3.2), (-4.2, -3.2)],
        5 => &[
            (-4.5, -1.4),
            (-1.4, -1.4),
            (-1.4, -4.5),
            (1.4, -4.5),
            (1.4, -1.4),
            (4.5, -1.4),
            (4.5, 1.4),
            (1.4, 1.4),
            (1.4, 4.5),
            (-1.4, 4.5),
            (-1.4, 1.4),
            (-4.5, 1.4),
        ],
        _ => {
            return html! { circle class=(class) cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="4" {} }
        }
    };
    html! { polygon class=(class) points=(at(shape)) {} }
}
