// SPDX-License-Identifier: GPL-2.0

//! Line: a metric as a straight line over the values of an axis.

use results::Kind;
use serde::{de::Error, Deserialize, Deserializer};

use crate::plan::setting::{Many, Pattern, Setting};

/// A metric as a straight line over the values of an axis, with a slope and an intercept over boots.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The figures are `NAME.slope` and `NAME.intercept`.
    pub figure: String,
    /// Its text in tables.
    pub text: String,
    #[serde(rename = "quantity")]
    pub metric: String,
    /// What decides it; by default what decides the metric.
    pub kind: Option<Kind>,
    /// The axis, of the guests or of the scenario. One in micro- or milliseconds counts in nanoseconds here, as
    /// metrics do.
    pub over: String,
    /// The runs.
    pub of: Pattern,
    /// Keys of `of`, each of whose values is a line of its own, all on one chart. Its figure is
    /// `NAME.VALUE.VALUE`, its text `VALUE, VALUE: TEXT`.
    #[serde(default)]
    each: Vec<String>,
    /// What distinguishes it on its chart.
    #[serde(skip)]
    pub series: String,
    /// The chart's title: the text as it is written.
    #[serde(skip)]
    pub chart: String,
}

/// Reads the lines, one for each value of `each`.
pub fn each<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Line>, D::Error> {
    let written = Vec::<Line>::deserialize(from)?;
    let mut lines = Vec::new();
    for line in written {
        lines.extend(line.expanded().map_err(D::Error::custom)?);
    }
    Ok(lines)
}

impl Line {
    fn expanded(mut self) -> Result<Vec<Self>, String> {
        self.chart.clone_from(&self.text);
        let mut lines = vec![(Vec::new(), self.clone())];
        for key in &self.each {
            let values = self.of.get(key).map_or(&[][..], Many::all);
            if values.is_empty() {
                let figure = &self.figure;
                return Err(format!(
                    "figure `{figure}`: each = `{key}`: allowed: a key of `of`"
                ));
            }
            lines = lines
                .iter()
                .flat_map(|line| values.iter().map(move |value| with(line, key, value)))
                .collect();
        }
        let named = lines
            .into_iter()
            .map(|(values, line)| match values.is_empty() {
                true => line,
                false => Self {
                    figure: format!("{}.{}", line.figure, values.join(".")),
                    text: format!("{}: {}", values.join(", "), line.text),
                    series: values.join(", "),
                    ..line
                },
            });
        Ok(named.collect())
    }
}

/// The line at one value of `key`, and the values before it with that one.
fn with((values, line): &(Vec<String>, Line), key: &str, value: &Setting) -> (Vec<String>, Line) {
    let mut of = line.of.clone();
    of.insert(key.into(), Many::One(value.clone()));
    let values = values.iter().cloned().chain([value.to_string()]);
    let line = line.clone();
    (values.collect(), Line { of, ..line })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Lines {
        #[serde(deserialize_with = "each")]
        line: Vec<Line>,
    }

    fn lines(each: &str) -> Result<Vec<Line>, toml::de::Error> {
        let of = r#"of = { lock = ["a", "b"], policy = ["x", "y"], threads = 8 }"#;
        let line = format!(
            "[[line]]\nfigure = \"f\"\ntext = \"t\"\nquantity = \"q\"\nover = \"o\"\n{of}\n{each}"
        );
        toml::from_str::<Lines>(&line).map(|lines| lines.line)
    }

    #[test]
    fn line_stands_for_one_per_value() {
        let all = lines("each = [\"policy\", \"lock\"]").unwrap();
        let figures: Vec<&str> = all.iter().map(|line| line.figure.as_str()).collect();
        assert_eq!(figures, ["f.x.a", "f.x.b", "f.y.a", "f.y.b"]);
        let last = &all[3];
        assert_eq!((&*last.text, &*last.chart), ("y, b: t", "t"));
        assert_eq!(last.of["lock"].all(), ["b".into()]);
        assert_eq!(last.of["threads"].all(), [8_u64.into()]);
    }

    #[test]
    fn line_without_each_is_as_it_is_written() {
        let all = lines("").unwrap();
        assert_eq!((all.len(), &*all[0].figure, &*all[0].text), (1, "f", "t"));
        assert_eq!(all[0].of["lock"].all().len(), 2);
    }

    #[test]
    fn each_of_what_is_not_selected_is_refused() {
        let why = lines("each = [\"tier\"]").unwrap_err().to_string();
        assert!(
            why.contains("each = `tier`: allowed: a key of `of`"),
            "{why}"
        );
    }
}
