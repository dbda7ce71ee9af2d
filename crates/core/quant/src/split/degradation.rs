//! How much of what was seen in sample is left out of sample.

use crate::Error;
use crate::series::{check, check_parameter, check_same, mean};

/// Scores in and out of sample, larger is better, over the splits of one scheme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Degradation {
    /// Mean score in sample.
    pub in_sample: f64,
    /// Mean score out of sample.
    pub out_of_sample: f64,
    /// Loss as a share of the score in sample: 0.05 means that 5 % are gone; negative if it got better. `None` when
    /// the score in sample is zero, so that there is nothing to lose a share of.
    pub share: Option<f64>,
    /// Whether the share exceeds the limit. Without a share: whether the score out of sample is below that in sample.
    pub alert: bool,
    /// Splits in which out of sample was worse.
    pub worse: usize,
}

/// Compares scores split by split; `limit` is the share of loss above which the alert is raised, e.g. 0.05.
pub fn degradation(in_sample: &[f64], out_of_sample: &[f64], limit: f64) -> Result<Degradation, Error> {
    check("in-sample scores", in_sample, 1)?;
    check("out-of-sample scores", out_of_sample, 1)?;
    check_same("in-sample scores", in_sample.len(), "out-of-sample scores", out_of_sample.len())?;
    check_parameter("limit", limit, limit >= 0.0, "at least 0")?;
    let (inside, outside) = (mean(in_sample), mean(out_of_sample));
    let share = (inside.abs() > 0.0).then(|| (inside - outside) / inside.abs()).filter(|s| s.is_finite());
    let alert = share.map_or(outside < inside, |s| s > limit);
    let worse = in_sample.iter().zip(out_of_sample).filter(|(i, o)| o < i).count();
    Ok(Degradation { in_sample: inside, out_of_sample: outside, share, alert, worse })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alert_is_raised_above_the_limit_only() {
        let got = degradation(&[1.0, 3.0], &[0.96, 2.9], 0.05).unwrap();
        assert!((got.share.unwrap() - 0.035).abs() < 1e-12 && !got.alert && got.worse == 2);
        assert!(degradation(&[1.0, 3.0], &[0.9, 2.8], 0.05).unwrap().alert);
        // A loss that grows is a degradation too.
        let got = degradation(&[-1.0], &[-2.0], 0.05).unwrap();
        assert!((got.share.unwrap() - 1.0).abs() < 1e-15 && got.alert);
        assert!(degradation(&[0.0], &[-0.1], 0.05).unwrap().alert);
        assert!(degradation(&[1.0], &[f64::NAN], 0.05).is_err());
    }
}
