//! The matrix profile against stumpy 1.14.1.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

mod golden;

use scalp_indicators::profile::{self, Floss, Join, Stream};
use serde_json::Value;

fn floats(it: &Value) -> Vec<f64> {
    it.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect()
}

fn indices(it: &Value) -> Vec<usize> {
    it.as_array().unwrap().iter().map(|it| it.as_u64().unwrap() as usize).collect()
}

fn worst(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).map(|(got, want)| (got - want).abs()).fold(0.0, f64::max)
}

/// `slope` times the density of a beta distribution on `0..n`: how stumpy writes its idealised arc curve. It rounds `a` and `b`
/// to hundredths and fits `slope`, all to arcs that it draws at random from the seed 0.
fn beta_arcs(n: usize, a: f64, b: f64, slope: f64) -> Vec<f64> {
    let norm = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let density = |i: usize| {
        let x = i as f64 / n as f64;
        let log = norm + (a - 1.0) * libm::log(x) + (b - 1.0) * libm::log1p(-x);
        slope * libm::exp(log) / n as f64
    };
    (0..n).map(density).collect()
}

#[test]
fn the_join_of_a_series_with_itself() {
    let want = golden::json("mp/eurusd1500_m50.json");
    let close = golden::eurusd(1500).close;
    let profile = Join::of_itself(&close, 50).unwrap().profile();
    assert_eq!(want["exclusion_zone"], 13);

    let deviation = worst(&profile.distances(), &floats(&want["profile"]));
    let got: Vec<usize> = profile.indices().into_iter().map(Option::unwrap).collect();
    let other = got.iter().zip(indices(&want["index"])).filter(|(got, want)| **got != *want).count();
    println!(
        "eurusd1500_m50: profile off by {deviation:.3e} at most, {other} other indices of {}",
        got.len()
    );
    assert!(deviation < 1e-6);
    assert_eq!(other, 0);

    let motifs = profile::motifs(&profile, 3);
    for (got, want) in motifs.iter().zip(want["motifs_top3[i,nn,dist]"].as_array().unwrap()) {
        assert_eq!(
            (got.first as u64, got.second as u64),
            (want[0].as_u64().unwrap(), want[1].as_u64().unwrap())
        );
        assert!((got.distance - want[2].as_f64().unwrap()).abs() < 1e-6);
    }
    // The third of them comes back to the first, six rows further; none of those that are apart does so.
    assert!(motifs[2].second.abs_diff(motifs[0].first) <= 13);
    let apart = profile::motifs_apart(&profile, 8);
    let starts: Vec<usize> = apart.iter().flat_map(|it| [it.first, it.second]).collect();
    for (k, start) in starts.iter().enumerate() {
        assert!(starts[..k].iter().all(|other| start.abs_diff(*other) > 13), "{apart:?}");
    }
    assert_eq!((apart.len(), apart[0]), (8, motifs[0]));
    let discords = profile::discords(&profile, 3);
    for (got, want) in discords.iter().zip(want["discords_top3[i,dist]"].as_array().unwrap()) {
        assert_eq!(got.index as u64, want[0].as_u64().unwrap());
        assert!((got.distance - want[1].as_f64().unwrap()).abs() < 1e-6);
    }
    assert_eq!((motifs.len(), discords.len()), (3, 3));
}

#[test]
fn the_corrected_arcs_and_their_regimes() {
    let want = &golden::json("mp/eurusd1500_m50.json");
    let index: Vec<Option<usize>> = indices(&want["index"]).into_iter().map(Some).collect();
    let step = want["fluss_cac_step"].as_u64().unwrap() as usize;
    let (want_curve, want_places) = (floats(&want["fluss"]["cac"]), indices(&want["fluss"]["locs"]));

    let ideal = beta_arcs(index.len(), 2.04, 2.01, 713_692.636_954_010_5);
    let curve = profile::corrected_arcs(&index, &ideal, 5 * 50).unwrap();
    let sampled: Vec<f64> = curve.iter().copied().step_by(step).collect();
    let deviation = worst(&sampled, &want_curve);
    println!("eurusd1500_m50: corrected arcs off by {deviation:.3e} at most");
    assert!(deviation < 1e-9);
    assert_eq!(profile::regimes(&curve, 2, 5 * 50), want_places);

    // With the ideal curve in closed form, the places stay and the curve differs by what the simulation is off.
    let exact = profile::corrected_arcs(&index, &profile::ideal_arcs(index.len()), 5 * 50).unwrap();
    let sampled: Vec<f64> = exact.iter().copied().step_by(step).collect();
    println!(
        "  with the closed form: {:.3e}, {:?}",
        worst(&sampled, &want_curve),
        profile::regimes(&exact, 2, 250)
    );
    assert!(worst(&sampled, &want_curve) < 0.05);
    assert_eq!(profile::regimes(&exact, 2, 5 * 50), want_places);
}

#[test]
fn the_distances_of_one_query() {
    let want = golden::json("mp/eurusd_mass.json");
    let close = golden::eurusd(1500).close;
    let got = profile::distance_profile(&close[100..150], &close).unwrap();
    let got: Vec<f64> = got.into_iter().map(Option::unwrap).collect();
    // The query itself is in the series: 0, where a Fourier transform leaves some noise.
    let deviation = worst(&got, &floats(&want["distance_profile"]));
    println!("eurusd_mass: off by {deviation:.3e} at most");
    assert!(got[100] < 1e-12);
    assert!(deviation < 1e-6);
}

#[test]
fn the_stream_that_slides() {
    let want = golden::json("mp/eurusd_stumpi_egress_m20.json");
    let close = golden::eurusd(400).close;
    let mut stream = Stream::sliding(20, 300).unwrap();
    for x in close {
        stream.push(x).unwrap();
    }
    let got: Vec<_> = stream.nearest().map(Option::unwrap).collect();
    let distances: Vec<f64> = got.iter().map(|it| it.distance).collect();
    let deviation = worst(&distances, &floats(&want["profile"]));
    let other = got.iter().zip(indices(&want["index"])).filter(|(got, want)| got.index != *want).count();
    println!("eurusd_stumpi_egress_m20: off by {deviation:.3e} at most, {other} other indices");
    assert!(deviation < 1e-6);
    assert_eq!(other, 0);
}

#[test]
fn the_corrected_arcs_of_a_stream() {
    let want = golden::json("mp/eurusd_floss.json");
    let close = golden::eurusd(1100).close;
    let ideal = beta_arcs(951, 2.05, 1.65, 227_698.465_633_796_47);
    let mut floss = Floss::new(&close[..1000], 50, ideal, 50).unwrap();
    for x in &close[1000..] {
        floss.push(*x).unwrap();
    }
    let step = want["step"].as_u64().unwrap() as usize;
    let sampled: Vec<f64> = floss.curve().iter().copied().step_by(step).collect();
    let deviation = worst(&sampled, &floats(&want["cac_1d"]));
    println!("eurusd_floss: off by {deviation:.3e} at most");
    assert!(deviation < 1e-6);
}
