// SPDX-License-Identifier: GPL-2.0

//! Figure: a drawing, its description, its numbers, its settings and the command that repeats it.

use maud::{html, Markup};

/// A table of numbers.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// Its caption.
    pub caption: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows; the first column names the row.
    pub rows: Vec<Vec<String>>,
}

/// An inline SVG.
#[derive(Debug)]
pub struct Drawing {
    /// The names of its series, to show and hide; empty if it has none.
    pub series: Vec<String>,
    /// The `svg` element.
    pub svg: Markup,
    /// Its height, in its own units.
    pub height: f64,
}

/// A figure.
#[derive(Debug)]
pub struct Figure {
    /// What it shows.
    pub title: String,
    /// What can be seen in it, as text.
    pub words: String,
    /// The kinds of its numbers, and what does not transfer.
    pub kinds: Vec<String>,
    /// The drawing.
    pub drawing: Drawing,
    /// Its numbers.
    pub data: Vec<Data>,
    /// The settings that its runs share.
    pub settings: String,
    /// The command that repeats it.
    pub command: String,
    /// Whether it takes the whole width of the page.
    pub wide: bool,
}

impl Drawing {
    /// A drawing of this height.
    pub fn new(height: f64, content: Markup) -> Self {
        Self {
            series: Vec::new(),
            height,
            svg: html! {
                svg viewBox={ "0 0 " (WIDTH) " " (n(height)) } aria-hidden="true" focusable="false" { (content) }
            },
        }
    }
}

impl Figure {
    /// Draws it; `n` is its number on the page.
    pub fn draw(&self, n: usize) -> Markup {
        let id = format!("figure-{n}");
        html! {
            figure id=(id) .wide[self.wide] {
                figcaption { h3 { (self.title) } p.words { (self.words) } @for kind in &self.kinds { p.kind { (kind) } } }
                @if self.drawing.series.len() > 1 {
                    div.legend role="group" aria-label="Series; press to hide or show" {
                        @for (i, name) in self.drawing.series.iter().enumerate() {
                            button type="button" class={ "key s" (i % 8) } data-series=(i) aria-pressed="true" {
                                svg viewBox="-6 -6 12 12" aria-hidden="true" { (marker(i, 0.0, 0.0)) }
                                (name)
                            }
                        }
                    }
                }
                div.plot tabindex="0" role="group" aria-label={ "Chart: " (self.title) ". Arrow keys read its points." } {
                    (self.drawing.svg)
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
    /// A table with these columns; the first names the row.
    pub fn new(caption: impl Into<String>, head: &[&str]) -> Self {
        Self {
            caption: caption.into(),
            head: head.iter().map(ToString::to_string).collect(),
            rows: Vec::new(),
        }
    }

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

/// Width of every drawing, in its own units; small, so that a phone shows its text large enough.
pub const WIDTH: f64 = 460.0;

/// A coordinate, to a tenth of a unit.
pub fn n(place: f64) -> String {
    format!("{place:.1}")
}

/// The mark of series `i`; its shape differs too, for readers who cannot distinguish the colours.
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
