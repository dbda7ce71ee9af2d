//! The efficient price of each instrument: a walk whose volatility wanders, whose regime switches, and that jumps and
//! crashes. It steps with the makers' beat; nothing in it looks ahead.

use super::config::{CrashConfig, Intraday, RegimeConfig, SyntheticConfig};
use scalp_types::rng::Stream;

const SECONDS_PER_YEAR: f64 = 365.25 * 86_400.0;
const SECONDS_PER_DAY: f64 = 86_400.0;

/// What the market is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Regime {
    /// Quiet, no direction.
    Calm,
    /// Drifting up or down.
    Trend,
    /// Restless, no direction.
    Volatile,
    /// Everything at once.
    Crisis,
}

impl Regime {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Calm, Self::Trend, Self::Volatile, Self::Crisis];
}

/// What all instruments share: regime, volatility, the common factor.
#[derive(Debug, Clone)]
pub struct Weather {
    regimes: [RegimeConfig; 4],
    switching: bool,
    regime: Regime,
    /// Seconds until the regime ends.
    left: f64,
    direction: f64,
    walks: [Walk; 2],
    intraday: Intraday,
    crashes: Vec<CrashConfig>,
    rng_regime: Stream,
    rng_volatility: Stream,
    rng_common: Stream,
    now: Conditions,
}

/// The state of the market between two beats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Factor on every instrument's volatility.
    pub volatility: f64,
    /// Factor on the rates of orders.
    pub activity: f64,
    /// Factor on spreads.
    pub spread: f64,
    /// Factor on displayed sizes.
    pub depth: f64,
    /// Drift a second, in logarithm.
    pub drift: f64,
    /// The common factor's step, standard normal.
    pub common: f64,
    /// The logarithm of what a crash has taken off the price.
    pub crash: f64,
    /// How urgent a crash is: 0 outside, 1 while it falls.
    pub panic: f64,
}

/// A mean-reverting walk around zero, exact over one beat.
#[derive(Debug, Clone, Copy)]
struct Walk {
    value: f64,
    keep: f64,
    noise: f64,
}

impl Walk {
    fn new(deviation: f64, minutes: f64, beat: f64, rng: &mut Stream) -> Self {
        let keep = libm::exp(-beat / (60.0 * minutes));
        let noise = deviation * libm::sqrt(1.0 - keep * keep);
        Self { value: deviation * rng.normal(), keep, noise }
    }
    fn step(&mut self, rng: &mut Stream) {
        self.value = self.value * self.keep + self.noise * rng.normal();
    }
}

impl Weather {
    /// The weather of `config`, with a beat of `beat` seconds.
    pub fn new(config: &SyntheticConfig, beat: f64) -> Self {
        let mut rng_volatility = Stream::named(config.seed, "synthetic.volatility");
        let v = &config.volatility;
        let walks = [
            Walk::new(v.fast, v.fast_minutes, beat, &mut rng_volatility),
            Walk::new(v.slow, v.slow_minutes, beat, &mut rng_volatility),
        ];
        let r = &config.regimes;
        Self {
            regimes: [r.calm, r.trend, r.volatile, r.crisis],
            switching: r.switching,
            regime: Regime::Calm,
            left: 0.0,
            direction: 1.0,
            walks,
            intraday: config.intraday,
            crashes: config.crashes.clone(),
            rng_regime: Stream::named(config.seed, "synthetic.regime"),
            rng_volatility,
            rng_common: Stream::named(config.seed, "synthetic.common"),
            now: Conditions {
                volatility: 1.0,
                activity: 1.0,
                spread: 1.0,
                depth: 1.0,
                drift: 0.0,
                common: 0.0,
                crash: 0.0,
                panic: 0.0,
            },
        }
    }

    /// The regime in force.
    pub const fn regime(&self) -> Regime {
        self.regime
    }
    /// The conditions in force.
    pub const fn now(&self) -> &Conditions {
        &self.now
    }

    /// One beat: `elapsed` seconds since the start, `of_day` seconds since midnight.
    pub fn step(&mut self, elapsed: f64, of_day: f64, beat: f64) {
        self.left -= beat;
        if self.switching && self.left <= 0.0 {
            self.switch();
        }
        for walk in &mut self.walks {
            walk.step(&mut self.rng_volatility);
        }
        // E[exp(2x)] = exp(2 var): taken off, so that the mean variance stays what was asked for.
        let variance: f64 = self.walks.iter().map(|it| it.noise * it.noise / (1.0 - it.keep * it.keep)).sum();
        let wander = libm::exp(self.walks[0].value + self.walks[1].value - variance);
        let hour = match self.intraday {
            Intraday::Flat => 1.0,
            Intraday::UShaped => 1.0 + 0.5 * libm::cos(std::f64::consts::TAU * of_day / SECONDS_PER_DAY),
        };
        let regime = &self.regimes[self.regime as usize];
        let volatility = wander * hour * regime.volatility;
        let (crash, panic) = self.crash_at(elapsed);
        self.now = Conditions {
            volatility,
            // Trading follows volatility, less than in proportion.
            activity: regime.activity * hour * libm::sqrt(wander).clamp(0.2, 4.0) * (1.0 + 6.0 * panic),
            spread: regime.spread * libm::sqrt(wander).clamp(0.5, 4.0) * (1.0 + 20.0 * panic),
            depth: regime.depth / libm::sqrt(wander).clamp(0.5, 4.0) / (1.0 + 4.0 * panic),
            drift: regime.drift * self.direction / 3_600.0,
            common: self.rng_common.normal(),
            crash,
            panic,
        };
    }

    fn switch(&mut self) {
        let weight = |it: Regime| if it == self.regime { 0.0 } else { self.regimes[it as usize].weight };
        let total: f64 = Regime::ALL.into_iter().map(weight).sum();
        let mut place = self.rng_regime.uniform() * total;
        let mut next = self.regime;
        for regime in Regime::ALL {
            let weight = weight(regime);
            if weight > 0.0 {
                next = regime;
                if place < weight {
                    break;
                }
                place -= weight;
            }
        }
        self.regime = next;
        self.left = 60.0 * self.regimes[next as usize].mean_minutes * self.rng_regime.exponential();
        let up = self.rng_regime.uniform() < 0.5;
        self.direction = if next == Regime::Trend && !up { -1.0 } else { 1.0 };
    }

    /// The logarithm of what crashes have taken off, and how much panic there is.
    fn crash_at(&self, elapsed: f64) -> (f64, f64) {
        let (mut log, mut panic) = (0.0, 0.0_f64);
        for crash in &self.crashes {
            let since = elapsed - 60.0 * crash.at_minutes;
            if since <= 0.0 {
                continue;
            }
            let floor = libm::log(1.0 - crash.depth);
            let after = since - crash.fall_seconds;
            if after <= 0.0 {
                // Slow at first, then ever faster.
                let part = since / crash.fall_seconds;
                log += floor * part * part;
                panic = 1.0;
            } else {
                let rest = libm::log(1.0 - crash.depth * (1.0 - crash.recovered));
                let left = libm::exp(-after / crash.recovery_seconds);
                log += rest + (floor - rest) * left;
                panic = panic.max(left);
            }
        }
        (log, panic)
    }
}

/// The efficient price of one instrument.
#[derive(Debug, Clone)]
pub struct Price {
    /// Its logarithm, crash left out.
    log: f64,
    crash: f64,
    per_beat: f64,
    loading: f64,
    own: f64,
    jump_chance: f64,
    jump_size: f64,
    beat: f64,
    rng: Stream,
}

impl Price {
    /// Begins at `start` (any unit).
    pub fn new(config: &SyntheticConfig, n: usize, start: f64, beat: f64) -> Self {
        let it = &config.instruments[n];
        Self {
            log: libm::log(start),
            crash: 0.0,
            per_beat: it.volatility * libm::sqrt(beat / SECONDS_PER_YEAR),
            loading: it.correlation,
            own: libm::sqrt(1.0 - it.correlation * it.correlation),
            jump_chance: config.jumps.per_day * beat / SECONDS_PER_DAY,
            jump_size: config.jumps.size,
            beat,
            rng: Stream::named(config.seed, &format!("synthetic.price.{n}")),
        }
    }

    /// One beat.
    pub fn step(&mut self, now: &Conditions) {
        let shock = self.loading * now.common + self.own * self.rng.normal();
        let sigma = self.per_beat * now.volatility;
        self.log += now.drift * self.beat + sigma * shock - 0.5 * sigma * sigma;
        if self.rng.uniform() < self.jump_chance {
            self.log += self.jump_size * self.rng.normal();
        }
        self.crash = now.crash;
    }

    /// Moves for good by a fraction.
    pub const fn push(&mut self, fraction: f64) {
        self.log += fraction;
    }

    /// The price, in the unit it began in.
    pub fn value(&self) -> f64 {
        libm::exp(self.log + self.crash)
    }
}
