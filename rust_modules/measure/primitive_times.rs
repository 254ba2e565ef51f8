// SPDX-License-Identifier: GPL-2.0

//! Times of primitives, and their quantiles: the `primitive` lines of a report.

use core::{
    fmt::{
        Result,
        Write, //
    },
    ops::Deref,
};

use abi::primitive::{
    Primitive,
    PrimitiveCost, //
};
use algo::{
    primitive::Atomic,
    primitive_cost::Timed, //
};

use crate::{
    LatencyHistogram,
    SingleWriter,
    TscScale, //
};

/// Times of each primitive in picoseconds, which one thread records; `S` is the storage of a histogram.
pub struct PrimitiveTimes<S> {
    scale: TscScale,
    times: [Times<S>; Timed::ALL.len()],
}

/// Times of one.
struct Times<S> {
    histogram: LatencyHistogram<S>,
    /// The least, plus one; 0 is none.
    least: SingleWriter,
}

impl<S: Deref<Target = [Atomic<u64>]>> PrimitiveTimes<S> {
    /// Creates them, in storage that `storage` makes.
    ///
    /// # Errors
    ///
    /// That of `storage`.
    pub fn new<E>(
        scale: TscScale,
        mut storage: impl FnMut() -> core::result::Result<S, E>,
    ) -> core::result::Result<Self, E> {
        let mut times = || -> core::result::Result<_, E> {
            Ok(Times {
                histogram: LatencyHistogram::new(storage()?),
                least: SingleWriter::default(),
            })
        };
        Ok(Self {
            scale,
            times: [
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
                times()?,
            ],
        })
    }

    /// Records that `per` primitives took `ticks`.
    pub fn record(&self, of: Timed, ticks: u64, per: u32) {
        let ps = self.scale.ps(ticks) / u64::from(per.max(1));
        if let Some(times) = self.times.get(of as usize) {
            times.histogram.record(ps);
            let least = times.least.get();
            if least == 0 || ps < least.wrapping_sub(1) {
                times.least.set(ps.wrapping_add(1));
            }
        }
    }

    /// Writes a line for each primitive that was timed.
    pub fn write(&self, to: &mut impl Write) -> Result {
        for (&of, times) in Timed::ALL.iter().zip(&self.times) {
            if times.least.get() > 0 {
                writeln!(to, "{}", times.line(of))?;
            }
        }
        Ok(())
    }
}

impl<S: Deref<Target = [Atomic<u64>]>> Times<S> {
    fn line(&self, of: Timed) -> PrimitiveCost {
        let (min_ps, max_ps) = (
            self.least.get().wrapping_sub(1),
            self.histogram.longest_ns.get(),
        );
        let samples = self.histogram.histogram.total();
        let quantile = |permille: u64| {
            let rank = samples.wrapping_mul(permille) / 1000;
            let mut below = 0u64;
            let mut buckets = self.histogram.histogram.buckets();
            let bucket = buckets.find(|&(_, count)| {
                below = below.wrapping_add(count);
                below > rank
            });
            // The middle of a bucket, which is 1/32 of its least value wide at most.
            let ps = bucket.map_or(max_ps, |(low, _)| low.wrapping_add(low / 128));
            ps.clamp(min_ps, max_ps.max(min_ps))
        };
        PrimitiveCost {
            of: name(of),
            samples,
            min_ps,
            p50_ps: quantile(500),
            p90_ps: quantile(900),
            p99_ps: quantile(990),
            p999_ps: quantile(999),
            max_ps,
        }
    }
}

fn name(of: Timed) -> Primitive {
    match of {
        Timed::Hit => Primitive::Hit,
        Timed::Rmw => Primitive::Rmw,
        Timed::Fence => Primitive::Fence,
        Timed::Pause => Primitive::Pause,
        Timed::Stamp => Primitive::Stamp,
        Timed::Yield => Primitive::Yield,
        Timed::Transfer => Primitive::Transfer,
        Timed::PingPong => Primitive::PingPong,
        Timed::Kick => Primitive::Kick,
        Timed::KickLatency => Primitive::KickLatency,
        Timed::Interrupt => Primitive::Interrupt,
        Timed::Wake => Primitive::Wake,
        Timed::Halt => Primitive::Halt,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;
    use super::*;
    use algo::histogram::BUCKETS;
    use core::convert::Infallible;
    use std::{string::String, vec::Vec};

    fn lines(times: &[(Timed, u64, u32)]) -> Vec<PrimitiveCost> {
        let scale = TscScale::of_khz(1_000_000).unwrap();
        let storage = || Ok::<Vec<_>, Infallible>((0..BUCKETS).map(|_| Atomic::new(0)).collect());
        let Ok(all) = PrimitiveTimes::new(scale, storage);
        for &(of, ticks, per) in times {
            all.record(of, ticks, per);
        }
        let mut text = String::new();
        all.write(&mut text).unwrap();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    #[test]
    fn equal_times_have_their_length_exactly() {
        let lines = lines(&[(Timed::Halt, 1234, 1), (Timed::Halt, 1234, 1)]);
        let [line] = lines[..] else {
            panic!("{lines:?}");
        };
        assert_eq!((line.of, line.samples), (Primitive::Halt, 2));
        assert_eq!([line.min_ps, line.p50_ps, line.max_ps], [1_234_000; 3]);
    }

    #[test]
    fn primitive_that_is_one_of_many_costs_its_part() {
        let lines = lines(&[(Timed::Hit, 64, 256), (Timed::Rmw, 0, 256)]);
        let min = |of| lines.iter().find(|line| line.of == of).unwrap().min_ps;
        assert_eq!((min(Primitive::Hit), min(Primitive::Rmw)), (250, 0));
    }

    #[test]
    fn quantiles_are_those_of_the_times_within_a_sixty_fourth() {
        let times: Vec<_> = (1..=10_000).map(|ns| (Timed::Wake, ns, 1)).collect();
        let line = lines(&times)[0];
        for (ps, ns) in [
            (line.p50_ps, 5_000),
            (line.p90_ps, 9_000),
            (line.p99_ps, 9_900),
            (line.p999_ps, 9_990),
        ] {
            assert!(ps.abs_diff(ns * 1000) <= ns * 1000 / 64, "{ps} {ns}");
        }
        assert_eq!((line.min_ps, line.max_ps), (1_000, 10_000_000));
    }
}
