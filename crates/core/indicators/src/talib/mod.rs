//! The functions of TA-Lib, through the official `ta-lib` crate: its batch functions and its streams, which agree to the
//! last bit. Names, parameter order, ranges, defaults and outputs are read from the crate's own registry.
//!
//! Settings are TA-Lib's defaults: no unstable period, the classic candlestick thresholds. Functions with sine, angle
//! and their like take them from the mathematics library of the platform, so their last bit may differ between machines.

mod bind;
mod candles;
mod circle;
mod extremes;
mod hilbert;
pub(crate) mod live;
mod rates;
mod smooth;
pub(crate) mod steps;
mod strength;
mod sums;
mod table;
mod transforms;
mod weights;
mod windows;

pub(crate) use candles::Lent;

use std::sync::LazyLock;

use ta_lib::abstract_api::{
    FuncFlags, FuncId, FuncInfo, Group, InputFlags, InputType, OptInputType, OutputType,
};
use ta_lib::{Core, FuncUnstId};

use crate::data::Column;
use crate::spec::{Build, Cost, Family, Input, Output, Parameter, Range, Spec};

static CORE: LazyLock<Core> = LazyLock::new(Core::new);

/// All entries, in TA-Lib's order.
pub(crate) fn specs() -> Vec<Spec> {
    table::ENTRIES.iter().map(|it| spec(it.id.info(), it.cost, build(it))).collect()
}

/// Builds our own kernel, and where there is none or it does not know the parameters, the crate's.
fn build(entry: &bind::Entry) -> Build {
    match (own(entry.id), entry.build) {
        (Some(own), Some(crates)) => {
            Box::new(move |parameters| own(parameters).or_else(|_| crates(parameters)))
        }
        (Some(one), None) | (None, Some(one)) => Box::new(one),
        // A line of the table that nothing streams: no entry is left so, as the tests build them all.
        (None, None) => Box::new(|_| Err((0, "a function with a stream".to_owned()))),
    }
}

/// Our own kernel, where it is faster or where the crate does not answer as the C library does.
fn own(id: FuncId) -> Option<bind::BuildFn> {
    let own: bind::BuildFn = match id {
        FuncId::HT_DCPERIOD => hilbert::dc_period,
        FuncId::HT_PHASOR => hilbert::phasor,
        FuncId::HT_DCPHASE => hilbert::dc_phase,
        FuncId::HT_SINE => hilbert::sine,
        FuncId::HT_TRENDLINE => hilbert::trendline,
        FuncId::HT_TRENDMODE => hilbert::trend_mode,
        FuncId::MAMA => hilbert::mama,
        FuncId::RSI => live::strength,
        FuncId::STOCHRSI => strength::placed_index,
        FuncId::CRSI => strength::connors,
        FuncId::DOSC => strength::derivative,
        FuncId::BBANDS => live::bollinger,
        FuncId::PPO => live::percentage,
        FuncId::CCI => windows::commodity_channel,
        FuncId::MEDIAN => windows::median,
        FuncId::AVGDEV => windows::average_deviation,
        FuncId::VHF => windows::vertical_horizontal,
        FuncId::STOCHF => windows::stochastic_fast,
        FuncId::STOCH => windows::stochastic,
        FuncId::KDJ => windows::kdj,
        FuncId::MAVP => windows::variable_period,
        FuncId::MINMAXINDEX => live::extreme_rows,
        FuncId::ZIGZAG => live::legs,
        FuncId::KVO => live::klinger,
        _ => return candles::build(id).or_else(|| live::build(id)),
    };
    Some(own)
}

/// Our own walk of whole columns, if there is one.
fn own_walk(id: FuncId) -> Option<bind::Walk> {
    match id {
        FuncId::CDLHIKKAKE => Some(candles::hikkake::walk),
        FuncId::PERCENTRANK => Some(windows::percent_rank),
        FuncId::TANH => Some(tanh),
        _ => (extremes::walk(id).or_else(|| sums::walk(id)))
            .or_else(|| rates::walk(id))
            .or_else(|| transforms::walk(id))
            .or_else(|| smooth::walk(id))
            .or_else(|| weights::walk(id)),
    }
}

/// The hyperbolic tangent, which is 1 to the last bit beyond 22: prices are not sent through the library of the platform.
fn tanh(inputs: &[&[f64]], _: &[f64], out: &mut [Column]) -> bool {
    let out = out[0].values.real(inputs[0].len());
    inputs[0].chunks(256).zip(out.chunks_mut(256)).all(|(x, to)| {
        if x.iter().fold(true, |all, x| all & (x.abs() > 22.0)) {
            to.iter_mut().zip(x).for_each(|(to, x)| *to = 1.0_f64.copysign(*x));
            return true;
        }
        CORE.tanh(0, x.len() - 1, x, to).is_ok()
    })
}

fn spec(info: &'static FuncInfo, cost: Cost, build: Build) -> Spec {
    let unstable: Option<FuncUnstId> = info.unst_id;
    let recursion = if unstable.is_some() { "; recursive, starts at the first row" } else { "" };
    Spec {
        name: info.name,
        family: family(info.group),
        summary: info.hint,
        source: format!("https://ta-lib.org/functions/{}{recursion}", info.name.to_lowercase()),
        inputs: info.inputs.iter().flat_map(|it| inputs(it.param_name, it.kind, it.flags)).collect(),
        parameters: info.opt_inputs.iter().map(|it| parameter(it.param_name, it.hint, it.kind)).collect(),
        outputs: info.outputs.iter().map(|it| output(info.id, it.param_name, it.kind)).collect(),
        partial: info.flags.contains(FuncFlags::NAN_INF_OUTPUT)
            || info.flags.contains(FuncFlags::POSITIVE_INPUT),
        cost,
        build,
    }
}

fn family(group: Group) -> Family {
    match group {
        Group::CycleIndicators => Family::Cycle,
        Group::MathOperators => Family::Operator,
        Group::MathTransform => Family::Transform,
        Group::MomentumIndicators => Family::Momentum,
        Group::OverlapStudies => Family::Overlap,
        Group::PatternRecognition => Family::Candle,
        Group::PriceTransform => Family::Price,
        Group::StatisticFunctions => Family::Statistic,
        Group::VolatilityIndicators => Family::Volatility,
        // The registry's enum may grow; a group that is not known here is caught by the test of the count.
        _ => Family::Volume,
    }
}

fn inputs(name: &'static str, kind: InputType, flags: InputFlags) -> Vec<Input> {
    let price = [
        (InputFlags::PRICE_OPEN, "open"),
        (InputFlags::PRICE_HIGH, "high"),
        (InputFlags::PRICE_LOW, "low"),
        (InputFlags::PRICE_CLOSE, "close"),
        (InputFlags::PRICE_VOLUME, "volume"),
    ];
    match kind {
        InputType::Price => price
            .into_iter()
            .filter(|(flag, _)| flags.contains(*flag))
            .map(|(_, column)| Input { name: column, column })
            .collect(),
        InputType::Real | InputType::Integer => vec![match name {
            "inReal0" => Input { name: "real0", column: "high" },
            "inReal1" => Input { name: "real1", column: "low" },
            "inPeriods" => Input { name: "periods", column: "periods" },
            _ => Input { name: "real", column: "close" },
        }],
    }
}

fn parameter(name: &str, hint: &'static str, kind: OptInputType) -> Parameter {
    let (range, default) = match kind {
        OptInputType::RealRange { min, max, default, .. } => (Range::Real { min, max }, default),
        OptInputType::IntegerRange { min, max, default, .. } => {
            (Range::Whole { min, max }, f64::from(default))
        }
        OptInputType::IntegerList { values, default } => (Range::Choice(values), default as f64),
        // No function has a list of real values; were there one, any number would pass and the function would judge.
        OptInputType::RealList { default, .. } => (Range::Real { min: f64::MIN, max: f64::MAX }, default),
    };
    Parameter { name: name.trim_start_matches("optIn").to_lowercase(), hint, range, default }
}

fn output(id: FuncId, name: &str, kind: OutputType) -> Output {
    let integer = kind == OutputType::Integer;
    let short = name.trim_start_matches("out");
    let short = match short.strip_prefix("Real") {
        Some(rest) if !rest.is_empty() => rest,
        _ => short,
    };
    let is_row = match id {
        FuncId::MAXINDEX | FuncId::MININDEX | FuncId::MINMAXINDEX => true,
        FuncId::ZIGZAG => name == "outPivotIdx",
        _ => false,
    };
    Output { name: short.to_lowercase(), integer, is_row }
}
