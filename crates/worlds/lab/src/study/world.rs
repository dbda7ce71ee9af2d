//! The models that paths are made by, with their parameters as given or as a table has them.

use super::simulate::{Model, SimulateArgs};
use super::{Sample, StudyError};
use scalp_quant::bootstrap::{Method, ResampledPrices, optimal_block_length};
use scalp_quant::montecarlo::{
    FractionalBrownian, GeometricBrownian, Grid, Heston, Merton, OrnsteinUhlenbeck, Paths, fractional, gbm,
    heston, merton, ornstein_uhlenbeck,
};
use scalp_quant::regression::Ols;
use scalp_quant::rng::Stream;
use scalp_quant::{Error, performance};
use scalp_report::study::{Cell, Section};

/// Any model.
pub struct Made(Box<dyn Paths>);

impl Paths for Made {
    fn steps(&self) -> usize {
        self.0.steps()
    }
    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        self.0.path(stream, out);
    }
}

/// Prices whose logarithm another model makes.
struct Exponential<P>(P);

impl<P: Paths> Paths for Exponential<P> {
    fn steps(&self) -> usize {
        self.0.steps()
    }
    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        self.0.path(stream, out);
        out.iter_mut().for_each(|it| *it = libm::exp(*it));
    }
}

/// What the model is made from.
pub struct World<'a> {
    sample: &'a Sample,
    asset: usize,
    args: &'a SimulateArgs,
    grid: Grid,
    /// Each parameter, and where it comes from.
    pub parameters: Section,
    /// What the fit says of itself.
    pub notes: Vec<String>,
}

impl<'a> World<'a> {
    /// Nothing yet.
    pub fn new(sample: &'a Sample, asset: usize, args: &'a SimulateArgs, grid: Grid) -> Self {
        let parameters = Section::with_columns("Parameters, annual", ["value", "from", "standard error"]);
        Self { sample, asset, args, grid, parameters, notes: Vec::new() }
    }

    /// A parameter that was given, or else that of the table.
    fn take(
        &mut self,
        name: &str,
        given: Option<f64>,
        of_table: impl FnOnce() -> Result<f64, StudyError>,
    ) -> Result<f64, StudyError> {
        let (value, from) = match given {
            Some(it) => (it, "given"),
            None => (of_table()?, "the table"),
        };
        self.parameters.row(name, vec![value.into(), from.into(), "".into()]);
        Ok(value)
    }

    /// A parameter that was estimated with its standard error.
    fn fitted(&mut self, name: &str, value: f64, error: f64) {
        self.parameters.row(name, vec![value.into(), "the table, maximum likelihood".into(), error.into()]);
    }

    /// A parameter that no table tells.
    fn needed(&mut self, name: &str, option: &str, given: Option<f64>) -> Result<f64, StudyError> {
        let model = self.args.model.name();
        self.take(name, given, || {
            Err(StudyError::Asked(format!("--{option}: {model} needs it, it is not estimated from a table")))
        })
    }

    fn start(&mut self) -> Result<f64, StudyError> {
        let last = self.sample.prices.as_ref().and_then(|it| it[self.asset].last().copied());
        let given = self.args.given.start;
        if last.is_none() && given.is_none() {
            self.parameters
                .row("start", vec![1.0.into(), "a table of returns has no price".into(), "".into()]);
            return Ok(1.0);
        }
        self.take("start", given, || Ok(last.unwrap_or(1.0)))
    }

    fn volatility(&mut self) -> Result<f64, StudyError> {
        let (sample, asset) = (self.sample, self.asset);
        self.take("volatility", self.args.given.volatility, || {
            let logs = sample.log_returns(asset);
            deviation_of_logs(&logs, sample.per_year).map_err(StudyError::of(&sample.names[asset]))
        })
    }

    fn drift(&mut self) -> Result<f64, StudyError> {
        let (sample, asset) = (self.sample, self.asset);
        self.take("drift", self.args.given.drift, || {
            let logs = sample.log_returns(asset);
            let spread =
                deviation_of_logs(&logs, sample.per_year).map_err(StudyError::of(&sample.names[asset]))?;
            Ok(logs.iter().sum::<f64>() / logs.len() as f64 * sample.per_year + 0.5 * spread * spread)
        })
    }

    /// The model, its parameters given or taken from the table.
    pub fn made(&mut self) -> Result<Made, StudyError> {
        let (given, grid) = (self.args.given, self.grid);
        let name = self.sample.names[self.asset].clone();
        let start = self.start()?;
        let boxed = |it: Result<Box<dyn Paths>, Error>| it.map(Made).map_err(StudyError::of(&name));
        match self.args.model {
            Model::Gbm => {
                let volatility = self.volatility()?;
                let drift = self.drift()?;
                let parameters = gbm::Parameters { start, drift, volatility };
                boxed(GeometricBrownian::new(parameters, grid).map(|it| Box::new(it) as Box<dyn Paths>))
            }
            Model::Merton => {
                let parameters = merton::Parameters { start, ..self.jumping(&name)? };
                boxed(Merton::new(parameters, grid).map(|it| Box::new(it) as Box<dyn Paths>))
            }
            Model::Heston => {
                let volatility = self.volatility()?;
                let drift = self.drift()?;
                let now = self.take("volatility now", given.volatility_now, || Ok(volatility))?;
                let parameters = heston::Parameters {
                    start,
                    drift,
                    variance: now * now,
                    reversion: self.needed("speed of reversion", "reversion", given.reversion)?,
                    mean_variance: volatility * volatility,
                    volatility_of_variance: self.needed(
                        "volatility of the variance",
                        "vol-of-variance",
                        given.vol_of_variance,
                    )?,
                    correlation: self.needed("correlation", "correlation", given.correlation)?,
                };
                let scheme = heston::Scheme::QuadraticExponential;
                boxed(Heston::new(parameters, scheme, grid).map(|it| Box::new(it) as Box<dyn Paths>))
            }
            Model::OrnsteinUhlenbeck => self.reverting(start, &name),
            Model::Fractional => {
                let (hurst, scale) = self.noise(&name)?;
                let parameters =
                    fractional::Parameters { start: libm::log(positive(start, "--start")?), hurst, scale };
                boxed(
                    FractionalBrownian::new(parameters, grid)
                        .map(|it| Box::new(Exponential(it)) as Box<dyn Paths>),
                )
            }
            Model::Stationary | Model::Block => self.resampled(start, &name),
        }
    }

    /// Jumps that were given, or else fitted together with the diffusion; the start is left open.
    fn jumping(&mut self, name: &str) -> Result<merton::Parameters, StudyError> {
        let given = self.args.given;
        let jump = [given.jumps, given.jump_mean, given.jump_deviation];
        if let [Some(jumps_per_year), Some(jump_mean), Some(jump_deviation)] = jump {
            let (volatility, drift) = (self.volatility()?, self.drift()?);
            for (row, value) in [
                ("jumps per year", jumps_per_year),
                ("mean of a jump, logarithm", jump_mean),
                ("deviation of a jump", jump_deviation),
            ] {
                self.take(row, Some(value), || Ok(value))?;
            }
            return Ok(merton::Parameters {
                start: 1.0,
                drift,
                volatility,
                jumps_per_year,
                jump_mean,
                jump_deviation,
            });
        }
        if jump.iter().any(Option::is_some) || given.volatility.is_some() {
            return Err(StudyError::Asked(
                "--jumps, --jump-mean, --jump-deviation: give all three (--volatility may stand beside them), or none of the four: they are estimated together".into(),
            ));
        }
        let logs = self.sample.log_returns(self.asset);
        let fit = merton::fit(&logs, 1.0 / self.sample.per_year).map_err(StudyError::of(name))?;
        let (found, errors) = (fit.parameters, fit.standard_errors);
        let drift = match given.drift {
            Some(_) => self.drift()?,
            None => {
                self.fitted("drift", found.drift, errors.drift);
                found.drift
            }
        };
        self.fitted("volatility", found.volatility, errors.volatility);
        self.fitted("jumps per year", found.jumps_per_year, errors.jumps_per_year);
        self.fitted("mean of a jump, logarithm", found.jump_mean, errors.jump_mean);
        self.fitted("deviation of a jump", found.jump_deviation, errors.jump_deviation);
        let more = 2.0 * (fit.log_likelihood - fit.log_likelihood_without_jumps);
        self.notes.push(format!("Fitted to {} logarithmic returns: twice the log-likelihood is {more:.2} above that without jumps, for three parameters more. The volatility is that between jumps. Fitted returns are independent: clusters of volatility are taken for jumps.", logs.len()));
        Ok(merton::Parameters { drift, ..found })
    }

    /// Hurst's exponent and the volatility over a year, given or fitted.
    fn noise(&mut self, name: &str) -> Result<(f64, f64), StudyError> {
        let given = self.args.given;
        let dt = 1.0 / self.sample.per_year;
        let logs = self.sample.log_returns(self.asset);
        if let Some(hurst) = given.hurst {
            let scale = self.take("volatility", given.volatility, || {
                fractional::scale_at(&logs, dt, hurst).map_err(StudyError::of(name))
            })?;
            return Ok((self.take("Hurst's exponent", Some(hurst), || Ok(hurst))?, scale));
        }
        let fit = fractional::fit(&logs, dt).map_err(StudyError::of(name))?;
        let scale = match given.volatility {
            Some(it) => self.take("volatility", Some(it), || Ok(it))?,
            None => {
                self.fitted("volatility", fit.scale, fit.scale_error);
                fit.scale
            }
        };
        self.fitted("Hurst's exponent", fit.hurst, fit.hurst_error);
        let more = 2.0 * (fit.log_likelihood - fit.log_likelihood_independent);
        self.notes.push(format!("Fitted to {} logarithmic returns as fractional Gaussian noise with a drift, which the paths do not have: twice the log-likelihood is {more:.2} above that of independent returns (exponent 0.5).", logs.len()));
        Ok((fit.hurst, scale))
    }

    /// The exact likelihood of the process at equal steps is that of a regression of each value on the one before.
    fn reverting(&mut self, start: f64, name: &str) -> Result<Made, StudyError> {
        let given = self.args.given;
        let found = if given.reversion.is_some() && given.mean.is_some() && given.volatility.is_some() {
            None
        } else {
            let Some(prices) = &self.sample.prices else {
                return Err(StudyError::Asked("an Ornstein-Uhlenbeck process is fitted to prices, the table holds returns: give --reversion, --mean and --volatility".into()));
            };
            let logs: Vec<f64> = prices[self.asset].iter().map(|it| libm::log(*it)).collect();
            let (before, after) = (&logs[..logs.len() - 1], &logs[1..]);
            let ones = vec![1.0; before.len()];
            let fit = Ols::fit(&[&ones, before], after).map_err(StudyError::of(name))?;
            let keep = fit.coef[1];
            if !(keep > 0.0 && keep < 1.0) {
                return Err(StudyError::Asked(format!(
                    "{name}: the logarithm of the price does not revert in this table (each value keeps {keep:.4} of the one before): take another model, or give --reversion, --mean and --volatility"
                )));
            }
            let squares: f64 = fit.residuals.iter().map(|it| it * it).sum();
            let variance = squares / fit.residuals.len() as f64;
            let speed = -libm::log(keep) * self.sample.per_year;
            let spread = libm::sqrt(2.0 * speed * variance / (1.0 - keep * keep));
            Some((speed, libm::exp(fit.coef[0] / (1.0 - keep)), spread))
        };
        let of = |get: fn((f64, f64, f64)) -> f64| found.map_or(0.0, get);
        let reversion = self.take("speed of reversion", given.reversion, || Ok(of(|it| it.0)))?;
        let mean = self.take("price that is returned to", given.mean, || Ok(of(|it| it.1)))?;
        let volatility = self.take("volatility", given.volatility, || Ok(of(|it| it.2)))?;
        let (start, mean) = (libm::log(positive(start, "--start")?), libm::log(positive(mean, "--mean")?));
        let parameters = ornstein_uhlenbeck::Parameters { start, reversion, mean, volatility };
        let steps = parameters.half_life() * self.sample.per_year;
        self.parameters.row("half-life, steps", vec![steps.into(), "the speed".into(), "".into()]);
        let made = OrnsteinUhlenbeck::new(parameters, self.grid);
        made.map(|it| Made(Box::new(Exponential(it)))).map_err(StudyError::of(name))
    }

    fn resampled(&mut self, start: f64, name: &str) -> Result<Made, StudyError> {
        let returns = self.sample.returns[self.asset].clone();
        let is_block = self.args.model == Model::Block;
        // Volatility clusters longer than returns remember: the block is long enough for both.
        let length = self.take("length of a block, steps", self.args.given.block, || {
            let squares: Vec<f64> = returns.iter().map(|it| it * it).collect();
            let found =
                optimal_block_length(&returns).and_then(|it| Ok((it, optimal_block_length(&squares)?)));
            let (of_returns, of_squares) = found.map_err(StudyError::of(name))?;
            Ok(if is_block {
                libm::round(of_returns.circular.max(of_squares.circular)).max(1.0)
            } else {
                of_returns.stationary.max(of_squares.stationary)
            })
        })?;
        let method = if is_block {
            if length.fract() > 0.0 || length < 1.0 {
                return Err(StudyError::Asked(format!(
                    "--block: expected whole steps, at least 1, got {length}"
                )));
            }
            Method::CircularBlock { length: length as usize }
        } else {
            Method::Stationary { mean_length: length }
        };
        let made = ResampledPrices::new(&returns, method, start, self.args.ahead.horizon);
        made.map(|it| Made(Box::new(it))).map_err(StudyError::of(name))
    }

    /// The expected last price where it has a closed form.
    pub fn closed_form(&self) -> Option<f64> {
        let of = |name: &str| {
            let row = self.parameters.rows.iter().find(|it| it.0 == name)?;
            match row.1[0] {
                Cell::Number(it) => Some(it),
                _ => None,
            }
        };
        let years = self.grid.dt() * self.grid.steps() as f64;
        match self.args.model {
            Model::Gbm | Model::Merton | Model::Heston => {
                Some(of("start")? * libm::exp(of("drift")? * years))
            }
            Model::OrnsteinUhlenbeck => {
                let (speed, mean, spread) =
                    (of("speed of reversion")?, of("price that is returned to")?, of("volatility")?);
                let keep = libm::exp(-speed * years);
                let centre = libm::log(mean) + (libm::log(of("start")?) - libm::log(mean)) * keep;
                let variance = spread * spread * (1.0 - keep * keep) / (2.0 * speed);
                Some(libm::exp(centre + 0.5 * variance))
            }
            Model::Fractional => {
                let variance =
                    of("volatility")? * of("volatility")? * libm::pow(years, 2.0 * of("Hurst's exponent")?);
                Some(of("start")? * libm::exp(0.5 * variance))
            }
            Model::Stationary | Model::Block => {
                let returns = &self.sample.returns[self.asset];
                let length = of("length of a block, steps")?;
                // Of independent draws alone it is a power of the mean.
                let mean = returns.iter().sum::<f64>() / returns.len() as f64;
                (length <= 1.0)
                    .then_some(of("start")? * libm::pow(1.0 + mean, self.args.ahead.horizon as f64))
            }
        }
    }

    /// What the reader must know about the model.
    pub fn note(&self) -> &'static str {
        match self.args.model {
            Model::Gbm => {
                "Exact at every step. Volatility and drift of the table are those of its logarithmic returns; the drift of so few years is mostly chance."
            }
            Model::Merton => {
                "Exact at every step; the drift is that of the expected price, jumps included. Beside jumps that are given, the volatility of the table holds jumps as well: give that of calm times (scalp volatility realised) with --volatility."
            }
            Model::Heston => {
                "Quadratic-exponential steps (Andersen 2008); the variance returns to the square of the volatility. Its own parameters are not estimated: the variance is not in the table, and what closes alone tell of its speed and volatility is less than the errors of that in tables of years."
            }
            Model::OrnsteinUhlenbeck => {
                "Exact at every step, fitted by maximum likelihood. Estimates of the speed are too high in short tables: most prices revert less, or not at all."
            }
            Model::Fractional => {
                "Exact at every step (Davies and Harte 1987); the volatility is the standard deviation of the change over one year, so that over less the paths of an exponent above 0.5 are quieter than those of a random walk."
            }
            Model::Stationary | Model::Block => {
                "Nothing is known here but the table: no return is worse than the worst of it, no drift but that of it. The length of a block is the longer of those that the returns and their squares ask for (Politis and White 2004)."
            }
        }
    }
}

fn positive(value: f64, option: &str) -> Result<f64, StudyError> {
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(StudyError::Asked(format!("{option}: expected a price above zero, got {value}")))
}

/// Annual volatility of logarithmic returns.
fn deviation_of_logs(logs: &[f64], per_year: f64) -> Result<f64, Error> {
    let simple: Vec<f64> = logs.iter().map(|it| libm::expm1(*it)).collect();
    // Refuses what cannot vary in the words of the returns; the deviation is that of the logarithms.
    performance::volatility(&simple, per_year)?;
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let squares: f64 = logs.iter().map(|it| (it - mean) * (it - mean)).sum();
    Ok(libm::sqrt(squares / (n - 1.0) * per_year))
}
