// SPDX-License-Identifier: GPL-2.0

//! Chart: series over an axis, with every run, medians, their intervals, and lines.

use maud::{html, Markup};

use super::{
    axis::{Axis, Kind},
    figure::{marker, n, Drawing, WIDTH},
};

const HEIGHT: f64 = 300.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = HEIGHT - 40.0;

/// A point of a series.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Its place on the axis below.
    pub x: f64,
    /// Its value: the median.
    pub y: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Every run.
    pub raw: Vec<f64>,
    /// Its tooltip.
    pub tip: String,
}

/// A series.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<Point>,
    /// The line fitted to them, if there is one.
    pub fitted: Vec<(f64, f64)>,
    /// Whether it belongs to the axis on the right.
    pub right: bool,
    /// How it is drawn.
    pub style: Style,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Style {
    /// A line with marks.
    #[default]
    Marks,
    /// A line alone.
    Line,
    /// Marks alone.
    Dots,
    /// A staircase with marks.
    Steps,
}

/// The series of that name in `all`, added if there is none.
pub fn series<'a>(all: &'a mut Vec<Series>, name: &str) -> &'a mut Series {
    let place = all.iter().position(|series| series.name == name);
    let place = place.unwrap_or_else(|| {
        all.push(Series {
            name: name.into(),
            ..Series::default()
        });
        all.len() - 1
    });
    &mut all[place]
}

/// A chart.
#[derive(Debug, Default)]
pub struct Chart {
    /// Name of the axis below, with its unit.
    pub x: String,
    /// Name of the axis on the left.
    pub y: String,
    /// Name of the axis on the right, if there is one.
    pub right: Option<String>,
    /// Scale of the axis below.
    pub kind: Kind,
    /// Scale of the axes on the sides.
    pub sides: Kind,
    /// The series.
    pub series: Vec<Series>,
    /// Slope of the ideal: a straight line from zero.
    pub ideal: Option<f64>,
}

impl Chart {
    /// Draws it.
    pub fn draw(&self) -> Drawing {
        let right = WIDTH - if self.right.is_some() { 52.0 } else { 22.0 };
        let points = || self.series.iter().flat_map(|series| &series.points);
        let x = Axis::new(self.kind, points().map(|p| p.x), LEFT, right);
        let side = |right: bool| {
            let mine = self
                .series
                .iter()
                .filter(move |series| series.right == right);
            let points = mine.flat_map(|series| &series.points);
            let values = points.flat_map(|p| p.raw.iter().copied().chain([p.y]));
            Axis::new(self.sides, values, BOTTOM, TOP)
        };
        let (left, other) = (side(false), side(true));
        let content = html! {
            (self.frame(&x, &left, right))
            @if let Some(name) = &self.right { (self.right_axis(&other, right, name)) }
            @if let Some(slope) = self.ideal { (ideal(&x, &left, slope)) }
            @for (i, series) in self.series.iter().enumerate() {
                g class={ "series s" (i % 8) " d" (i / 8 % 3) } data-series=(i) {
                    (draw(series, (i, self.aside(i)), &x, if series.right { &other } else { &left }))
                }
            }
        };
        Drawing {
            series: self.series.iter().map(|s| s.name.clone()).collect(),
            ..Drawing::new(HEIGHT, content)
        }
    }

    /// Horizontal offset of series `i`, so that intervals at one place do not cover each other.
    fn aside(&self, i: usize) -> f64 {
        let apart = self.series.iter().all(|s| s.style == Style::Marks);
        let count = self.series.len() as f64;
        match apart {
            true => (i as f64 - (count - 1.0) / 2.0) * (14.0 / count).min(3.0),
            false => 0.0,
        }
    }

    fn frame(&self, x: &Axis, y: &Axis, right: f64) -> Markup {
        html! {
            g.grid {
                @for (at, text) in y.marks() {
                    line x1=(LEFT) x2=(right) y1=(n(at)) y2=(n(at)) {}
                    text.end x=(LEFT - 6.0) y=(n(at + 4.0)) { (text) }
                }
                @for (at, text) in x.marks() {
                    line x1=(n(at)) x2=(n(at)) y1=(BOTTOM) y2=(BOTTOM + 4.0) {}
                    text.middle x=(n(at)) y=(BOTTOM + 16.0) { (text) }
                }
                text.name.middle x=(n((LEFT + right) / 2.0)) y=(HEIGHT - 6.0) {
                    (self.x) @if self.kind == Kind::Log { " (log)" }
                }
                text.name.middle x="11" y=(n((TOP + BOTTOM) / 2.0))
                    transform={ "rotate(-90 11 " (n((TOP + BOTTOM) / 2.0)) ")" } {
                    (self.y) @if self.sides == Kind::Log { " (log)" }
                }
            }
        }
    }

    fn right_axis(&self, y: &Axis, right: f64, name: &str) -> Markup {
        let middle = (TOP + BOTTOM) / 2.0;
        html! {
            g.grid {
                @for (at, text) in y.marks() {
                    line x1=(right) x2=(right + 4.0) y1=(n(at)) y2=(n(at)) {}
                    text x=(right + 6.0) y=(n(at + 4.0)) { (text) }
                }
                text.name.middle x=(WIDTH - 4.0) y=(n(middle))
                    transform={ "rotate(-90 " (WIDTH - 4.0) " " (n(middle)) ")" } { (name) }
            }
        }
    }
}

/// The ideal, as far as it is within the chart.
fn ideal(x: &Axis, y: &Axis, slope: f64) -> Markup {
    let end = x.most().min(y.most() / slope);
    html! {
        line.ideal x1=(n(x.at(0.0))) y1=(n(y.at(0.0))) x2=(n(x.at(end))) y2=(n(y.at(end * slope))) {}
    }
}

fn draw(series: &Series, (i, aside): (usize, f64), x: &Axis, y: &Axis) -> Markup {
    let places = series.points.iter().map(|p| (x.at(p.x) + aside, y.at(p.y)));
    let mut line = String::new();
    let mut last = None;
    for (px, py) in places {
        if let (Style::Steps, Some(before)) = (series.style, last) {
            line += &format!("{px:.1},{before:.1} ");
        }
        line += &format!("{px:.1},{py:.1} ");
        last = Some(py);
    }
    let fitted = series.fitted.iter();
    let fitted = fitted.map(|(px, py)| format!("{:.1},{:.1}", x.at(*px), y.at(*py)));
    let fitted = fitted.collect::<Vec<_>>().join(" ");
    html! {
        @if series.points.len() > 1 && series.style != Style::Dots { polyline.line points=(line.trim_end()) {} }
        @if !fitted.is_empty() { polyline.line points=(fitted) {} }
        @for point in &series.points {
            @let (px, py) = (x.at(point.x) + aside, y.at(point.y));
            @for raw in &point.raw { circle.raw cx=(n(px)) cy=(n(y.at(*raw))) r="2" {} }
            @if let Some((low, high)) = point.interval {
                line.interval x1=(n(px)) x2=(n(px)) y1=(n(y.at(low))) y2=(n(y.at(high))) {}
            }
            @if series.style != Style::Line && !point.tip.is_empty() {
                g.point data-tip=(point.tip) data-x=(n(px)) data-y=(n(py)) { (marker(i, px, py)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_a_dot() {
        let point = |x: f64| Point {
            x,
            y: 2.0,
            interval: Some((1.0, 3.0)),
            raw: vec![1.0, 2.0, 3.0],
            tip: "a <tip>".into(),
        };
        let chart = Chart {
            x: "threads".into(),
            y: "sections/s".into(),
            series: vec![Series {
                name: "ticket".into(),
                points: vec![point(1.0), point(2.0)],
                ..Series::default()
            }],
            ideal: Some(2.0),
            ..Chart::default()
        };
        let svg = chart.draw().svg.into_string();
        assert_eq!(svg.matches("class=\"raw\"").count(), 6);
        assert_eq!(svg.matches("class=\"interval\"").count(), 2);
        assert!(svg.contains("class=\"ideal\"") && svg.contains("a &lt;tip&gt;"));
        assert!(!svg.contains("NaN"), "{svg}");
    }
}
