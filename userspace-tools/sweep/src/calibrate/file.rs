// SPDX-License-Identifier: GPL-2.0

//! File of costs: where and how they were measured, and how far boots differ.

use std::fmt::Write;

use abi::primitive::PrimitiveCost;
use anyhow::Context;
use calibration::{spread, DEFAULTS, MEASURED, SCALED};
use machine::Costs;
use serde_json::Value;

use super::boots::Timed;
use crate::store::{provenance::Provenance, slice};

/// The text of the file.
///
/// `disturbed` is why its tails are other work of the host.
pub fn text(
    costs: &Costs,
    timed: &Timed,
    of: &Provenance,
    disturbed: Option<&str>,
) -> anyhow::Result<String> {
    let mut text = head(timed, of);
    if let Some(why) = disturbed {
        let _ = writeln!(text, "# INCONCLUSIVE: {why}");
    }
    text.push('\n');
    let Value::Object(fields) = serde_json::to_value(costs).context("cannot write the costs")?
    else {
        unreachable!("costs have names")
    };
    for (name, value) in &fields {
        let value = match value {
            Value::Object(quantiles) => {
                let each = quantiles.iter().map(|(name, ns)| format!("{name} = {ns}"));
                format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
            }
            ns => ns.to_string(),
        };
        let _ = writeln!(text, "{name} = {value} # {}", source(name, &timed.boots));
    }
    Ok(text)
}

fn head(timed: &Timed, of: &Provenance) -> String {
    let (tier, kernel, qemu, cpu) = (of.tier(), of.kernel(), of.qemu(), of.host_cpu());
    let (boots, kick, cpus) = (timed.boots.len(), timed.kick, of.cpus.count());
    let slices = slice::text(&slice::slices(of));
    let slice = match slices.is_empty() {
        true => "not known".to_string(),
        false => slices,
    };
    let stolen = of.stolen().map_or(String::new(), |part| {
        format!(", of which {:.1} % were stolen", part * 100.0)
    });
    format!(
        "# SPDX-License-Identifier: GPL-2.0\n\n\
         # Costs of a simulated machine in nanoseconds, as guests have them; for --costs {tier}. To renew them:\n\
         #   scripts/toolbox sweep calibrate --tier {tier}\n\
         #\n\
         # guest  tier {tier}, kernel {kernel}, QEMU {qemu}; {boots} boots, a vCPU for each CPU, kicks by {kick}\n\
         # host   {cpu}, {cpus} CPUs{stolen}\n\
         # slice  {slice}\n\
         # Behind each cost: the least and the most median of a boot, of the primitive that was timed.\n"
    )
}

/// Where a cost is from.
fn source(name: &str, boots: &[Vec<PrimitiveCost>]) -> String {
    if let Some((_, of)) = MEASURED.iter().find(|(other, _)| *other == name) {
        let ns = |ps: u64| format!("{:.1}", ps as f64 / 1000.0);
        return match spread(boots, *of) {
            Some((least, most)) => format!("{of} {} to {}", ns(least), ns(most)),
            None => "not measured".into(),
        };
    }
    match (SCALED.contains(&name), DEFAULTS.contains(&name)) {
        (true, _) => "not measured: to near as in the defaults".into(),
        (_, true) => "not measured: the default".into(),
        _ => "not measured".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::primitive::Primitive;

    #[test]
    fn source_of_a_cost_is_its_primitive_over_boots() {
        let cost = |p50_ps| PrimitiveCost {
            of: Primitive::Transfer,
            samples: 1,
            min_ps: 0,
            p50_ps,
            p90_ps: p50_ps,
            p99_ps: p50_ps,
            p999_ps: p50_ps,
            max_ps: p50_ps,
        };
        let boots = vec![vec![cost(20_500)], vec![cost(19_000)]];
        assert_eq!(source("near", &boots), "transfer 19.0 to 20.5");
        assert_eq!(source("kick", &boots), "not measured");
        assert!(source("far", &boots).ends_with("as in the defaults"));
        assert!(source("switch", &boots).ends_with("the default"));
    }
}
