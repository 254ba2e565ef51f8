// SPDX-License-Identifier: GPL-2.0

//! Picture: one figure as an SVG file of its own, for documents; title, drawing, legend.

use maud::{html, Markup, PreEscaped};

use super::figure::{marker, n, Figure, WIDTH};

const TITLE: f64 = 30.0;
const ROW: f64 = 18.0;
/// Series named beside each other in the legend.
const COLUMNS: usize = 3;
/// Units of the drawing to pixels.
const SCALE: f64 = 1.5;

/// The file's text; `css` is the page's style.
pub fn picture(figure: &Figure, css: &str) -> String {
    let series = &figure.drawing.series;
    let bottom = TITLE + figure.drawing.height;
    let height = bottom + ROW * series.len().div_ceil(COLUMNS) as f64 + 6.0;
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img"
            viewBox={ "0 0 " (WIDTH) " " (n(height)) } width=(n(WIDTH * SCALE)) height=(n(height * SCALE)) {
            title { (figure.title) }
            desc { (figure.words) }
            style { (PreEscaped(css)) }
            rect width="100%" height="100%" style="fill: var(--paper)" {}
            text.name.strong x="12" y="20" { (figure.title) }
            svg y=(n(TITLE)) width=(WIDTH) height=(n(figure.drawing.height)) { (figure.drawing.svg) }
            @for (i, name) in series.iter().enumerate() { (key(i, name, bottom)) }
        }
    };
    picture.into_string()
}

/// The entry of series `i` in the legend below `bottom`.
fn key(i: usize, name: &str, bottom: f64) -> Markup {
    let x = 18.0 + WIDTH / COLUMNS as f64 * (i % COLUMNS) as f64;
    let y = bottom + ROW * (i / COLUMNS) as f64 + 6.0;
    html! {
        g class={ "series s" (i % 8) } { (marker(i, x, y)) }
        text.name x=(n(x + 10.0)) y=(n(y + 4.0)) { (name) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::Drawing;
    use super::*;

    #[test]
    fn a_picture_stands_alone_and_names_its_series() {
        let mut drawing = Drawing::new(100.0, html! { g {} });
        drawing.series = vec!["ticket".into(), "mcs/halt".into()];
        let figure = Figure {
            title: "a < b".into(),
            words: String::new(),
            kinds: Vec::new(),
            drawing,
            data: Vec::new(),
            settings: String::new(),
            command: String::new(),
            wide: false,
        };
        let text = picture(&figure, ".s0 {}");
        assert!(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(text.contains("<style>.s0 {}</style>") && text.contains("a &lt; b"));
        assert!(text.contains(">ticket<") && text.contains(">mcs/halt<"));
    }
}
