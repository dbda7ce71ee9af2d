//! Small drawings without script: dots, columns, cost bars and heat maps. They scale with their box, their labels do
//! not, so that they are read as well on a phone.

use crate::data::Costs;
use crate::text::{escape, number, signed};
use std::fmt::Write as _;

/// Drawing units of a box in both directions.
pub(crate) const BOX: f64 = 1000.0;
/// Height of a histogram's box on the page, pixels: that of `.plot` in `page.css`.
const HEIGHT: f64 = 232.0;
/// Above this many dots they are drawn smaller.
const DOTS_MANY: usize = 1_500;
/// Dots that one drawing carries; of more, every k-th is kept.
pub const DOTS_MAX: usize = 8_000;

/// One dot: where, and whether it counts as a gain.
pub struct Dot {
    /// Horizontal value.
    pub x: f64,
    /// Vertical value.
    pub y: f64,
    /// Drawn in the colour of gains.
    pub gain: bool,
}

/// How an axis is scaled and labelled.
pub struct Axis<'a> {
    /// Its title.
    pub title: &'a str,
    /// Logarithmic (values above zero only).
    pub log: bool,
    /// Keeps zero in sight.
    pub zero: bool,
    /// Ticks to choose from; on a logarithmic axis powers of ten when empty, on a linear one round values.
    pub stops: &'a [f64],
    /// A label from a value.
    pub label: &'a dyn Fn(f64) -> String,
}

/// A range on the page.
pub(crate) struct Scale {
    /// At the left or below; of a logarithmic range its logarithm, as for the other end.
    pub low: f64,
    /// At the right or above.
    pub high: f64,
    log: bool,
}

impl Scale {
    /// The range of these values with some room; `None` where there is none.
    pub fn of(values: impl Iterator<Item = f64>, axis: &Axis<'_>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.filter(|v| v.is_finite() && (!axis.log || *v > 0.0)) {
            low = low.min(v);
            high = high.max(v);
        }
        if low > high {
            return None;
        }
        if axis.zero {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        if axis.log {
            let (low, high) = (low / 1.15, high * 1.15);
            return Some(Self { low: low.ln(), high: high.ln(), log: true });
        }
        let pad = if high > low { (high - low) * 0.05 } else { high.abs().max(1.0) * 0.5 };
        let low = if axis.zero && low >= 0.0 { 0.0 } else { low - pad };
        Some(Self { low, high: high + pad, log: false })
    }
    /// Whether it is logarithmic.
    pub fn is_log(&self) -> bool {
        self.log
    }
    /// 0..=1 along the axis.
    pub fn part(&self, value: f64) -> f64 {
        let v = if self.log { value.ln() } else { value };
        (v - self.low) / (self.high - self.low)
    }
    /// Round values inside the range, about `want` of them; of a linear range the stops inside it, where there are any.
    pub fn ticks(&self, want: usize, stops: &[f64]) -> Vec<f64> {
        if self.log {
            return self.log_ticks(want, stops);
        }
        if !stops.is_empty() {
            return stops.iter().copied().filter(|it| (self.low..=self.high).contains(it)).collect();
        }
        let rough = (self.high - self.low) / want as f64;
        let size = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * size).find(|s| *s >= rough).unwrap_or(size * 10.0);
        let from = (self.low / step).ceil() as i64;
        (from..from + 12).map(|i| i as f64 * step).take_while(|v| *v <= self.high).collect()
    }
    fn log_ticks(&self, want: usize, stops: &[f64]) -> Vec<f64> {
        // Of the logarithms, as the ends of the range may be no numbers any more.
        let power = |end: f64| end / std::f64::consts::LN_10;
        let decades = (power(self.low).floor() as i32)..=(power(self.high).ceil() as i32);
        let (low, high) = (self.low.exp(), self.high.exp().min(f64::MAX));
        let powers: Vec<f64> = decades.map(|d| 10_f64.powi(d)).collect();
        let stops = if stops.is_empty() { &powers } else { stops };
        let all: Vec<f64> = stops.iter().copied().filter(|v| (low..=high).contains(v)).collect();
        if all.len() >= 2 {
            let every = all.len().div_ceil(want);
            return all.into_iter().step_by(every).collect();
        }
        [low * 1.1, (low * high).sqrt(), high / 1.1].to_vec()
    }
}

/// Dots over two axes, described in `about` for those who cannot see them. Empty when no dot can be drawn.
pub fn scatter(dots: &[Dot], x: &Axis<'_>, y: &Axis<'_>, about: &str) -> String {
    let every = dots.len().div_ceil(DOTS_MAX).max(1);
    let (Some(across), Some(up)) =
        (Scale::of(dots.iter().map(|d| d.x), x), Scale::of(dots.iter().map(|d| d.y), y))
    else {
        return String::new();
    };
    let mut paths = [String::new(), String::new()];
    for dot in dots.iter().step_by(every) {
        let (px, py) = (across.part(dot.x), up.part(dot.y));
        if px.is_finite() && py.is_finite() {
            let _ = write!(paths[usize::from(dot.gain)], "M{:.0} {:.0}h0", px * BOX, (1.0 - py) * BOX);
        }
    }
    let many = if dots.len() > DOTS_MANY { " many" } else { "" };
    let mut out = frame(&across, &up, y, about);
    for (path, class) in paths.iter().zip(["s-down", "s-up"]) {
        if !path.is_empty() {
            let _ = write!(out, "<path class=\"dots {class}{many}\" d=\"{path}\"/>");
        }
    }
    close(out, &across, x, &up, y, "")
}

/// One column of a histogram with a flag: a vertical rule at a value, with a text.
pub struct Flag {
    /// Where.
    pub at: f64,
    /// What it says.
    pub text: String,
}

/// Columns of a histogram of `values`, gains and losses in their colours, with flags. Empty below two values.
pub fn histogram(values: &[f64], flags: &[Flag], x: &Axis<'_>, about: &str) -> String {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    if n < 2 {
        return String::new();
    }
    // The outermost half percent on either side is gathered in the edge columns, so that one crash does not hide all.
    let cut = n / 200;
    let reach =
        flags.iter().map(|f| f.at.abs()).fold(sorted[cut].abs().max(sorted[n - 1 - cut].abs()), f64::max);
    let reach = if reach > 0.0 { reach } else { 1.0 };
    let columns = ((n as f64).sqrt() as usize).clamp(11, 61) | 1;
    let wide = 2.0 * reach / columns as f64;
    let mut counts = vec![0_usize; columns];
    for v in &sorted {
        let place = ((v + reach) / wide).floor().clamp(0.0, (columns - 1) as f64) as usize;
        counts[place] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1) as f64;
    let across = Scale { low: -reach, high: reach, log: false };
    let up = Scale { low: 0.0, high: most * 1.45, log: false };
    let label = |v: f64| number(v, 0);
    let y = Axis { title: "", log: false, zero: true, stops: &[], label: &label };
    let mut out = frame(&across, &up, &y, about);
    for (i, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let class = match i.cmp(&(columns / 2)) {
            std::cmp::Ordering::Less => "f-down",
            std::cmp::Ordering::Equal => "f-ref",
            std::cmp::Ordering::Greater => "f-up",
        };
        let (w, h) = (BOX / columns as f64, up.part(*count as f64) * BOX);
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{h:.1}\"/>",
            i as f64 * w + 0.5,
            BOX - h,
            w - 1.0
        );
    }
    let mut labels = String::new();
    for (row, (part, flag)) in from_the_edges(flags, &across).into_iter().enumerate() {
        let top = 4.0 + 17.0 * row as f64;
        let _ =
            write!(out, "<path class=\"rule\" d=\"M{:.0} {:.0}V{BOX}\"/>", part * BOX, top / HEIGHT * BOX);
        let _ = write!(
            labels,
            "<span class=\"flag{}\" style=\"left:{:.1}%;top:{top:.0}px\">{}</span>",
            if part > 0.5 { " left" } else { "" },
            part * 100.0,
            escape(&flag.text)
        );
    }
    close(out, &across, x, &up, &y, &labels)
}

/// Flags with their places, the outermost first: its text stands above the rules of the others, which begin lower.
fn from_the_edges<'a>(flags: &'a [Flag], across: &Scale) -> Vec<(f64, &'a Flag)> {
    let mut all: Vec<_> = flags.iter().map(|it| (across.part(it.at).clamp(0.0, 1.0), it)).collect();
    all.sort_by(|(a, _), (b, _)| {
        (*a > 0.5).cmp(&(*b > 0.5)).then((a - 0.5).abs().total_cmp(&(b - 0.5).abs()).reverse())
    });
    all
}

/// The beginning of a drawing: its box and grid.
pub(crate) fn frame(across: &Scale, up: &Scale, y: &Axis<'_>, about: &str) -> String {
    let mut out = format!(
        "<div class=\"plot\"><svg viewBox=\"0 0 {BOX} {BOX}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">",
        escape(about)
    );
    for tick in up.ticks(4, y.stops) {
        let class = if tick.abs() < 1e-300 { "zero" } else { "grid" };
        let _ = write!(out, "<path class=\"{class}\" d=\"M0 {:.1}H{BOX}\"/>", (1.0 - up.part(tick)) * BOX);
    }
    if across.low < 0.0 && across.high > 0.0 && !across.log {
        let _ = write!(out, "<path class=\"zero\" d=\"M{:.1} 0V{BOX}\"/>", across.part(0.0) * BOX);
    }
    out
}

/// The end of a drawing: labels of its axes, and what else stands in its box.
pub(crate) fn close(
    mut out: String,
    across: &Scale,
    x: &Axis<'_>,
    up: &Scale,
    y: &Axis<'_>,
    more: &str,
) -> String {
    out.push_str("</svg>");
    for tick in up.ticks(4, y.stops) {
        let _ = write!(
            out,
            "<span class=\"y\" style=\"bottom:{:.1}%\">{}</span>",
            up.part(tick) * 100.0,
            escape(&(y.label)(tick))
        );
    }
    for tick in across.ticks(4, x.stops) {
        let part = across.part(tick) * 100.0;
        let class = if part < 6.0 {
            " first"
        } else if part > 94.0 {
            " last"
        } else {
            ""
        };
        let _ = write!(
            out,
            "<span class=\"x{class}\" style=\"left:{part:.1}%\">{}</span>",
            escape(&(x.label)(tick))
        );
    }
    let _ = write!(out, "{more}<span class=\"title\">{}</span></div>", escape(x.title));
    out
}

/// The cost waterfall as a table with bars: gross, each cost, net.
pub fn waterfall(costs: &Costs, decimals: u8) -> String {
    let steps = [
        ("Fees less rebates", costs.fees),
        ("Spread", costs.spread),
        ("Slippage against arrival price", costs.slippage),
        ("Own market impact", costs.impact),
        ("Funding", costs.funding),
        ("Liquidation", costs.liquidation),
        ("Taken over by the venue's fund", costs.taken_over),
    ];
    let sum: f64 = steps.iter().map(|s| s.1).sum();
    let unexplained = costs.gross - sum - costs.net;
    let mut rows: Vec<(&str, f64, f64, &str)> =
        vec![("Gross profit at arrival prices", 0.0, costs.gross, "net")];
    let mut level = costs.gross;
    // The fund is rarely needed: its line is there only when it was.
    for (name, cost) in steps.into_iter().filter(|it| it.1 != 0.0 || !it.0.starts_with("Taken over")) {
        rows.push((name, level, level - cost, if cost > 0.0 { "cost" } else { "gain" }));
        level -= cost;
    }
    let smallest = 0.5 * 10_f64.powi(-i32::from(decimals));
    if unexplained.abs() >= smallest {
        rows.push((
            "Not attributed",
            level,
            level - unexplained,
            if unexplained > 0.0 { "cost" } else { "gain" },
        ));
    }
    rows.push(("Net change of equity", 0.0, costs.net, "net"));
    let ends = || rows.iter().flat_map(|r| [r.1, r.2]).filter(|v| v.is_finite());
    let (low, high) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    let wide = if high > low { high - low } else { 1.0 };
    let mut out = String::from(
        "<table class=\"fall\"><caption>From gross to net. Orange takes away, blue adds.</caption>\
         <thead><tr><th class=\"l\" scope=\"col\">Step</th><th scope=\"col\">Amount</th><th class=\"l\" scope=\"col\"></th></tr></thead><tbody>",
    );
    for (name, from, to, class) in rows {
        let strong = class == "net";
        let amount = signed(to - from, usize::from(decimals));
        let (left, right) = (from.min(to), from.max(to));
        let drawn = left.is_finite() && right.is_finite() && (strong || right - left >= smallest);
        let bar = if drawn {
            format!(
                "<div><i class=\"{class}\" style=\"left:{:.2}%;width:{:.2}%\"></i><b style=\"left:{:.2}%\"></b></div>",
                (left - low) / wide * 100.0,
                (right - left) / wide * 100.0,
                -low / wide * 100.0
            )
        } else {
            String::new()
        };
        let (open, shut) = if strong { ("<strong>", "</strong>") } else { ("", "") };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{open}{name}{shut}</th><td>{open}{amount}{shut}</td><td class=\"track\">{bar}</td></tr>"
        );
    }
    out.push_str("</tbody></table>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis<'a>(log: bool, label: &'a dyn Fn(f64) -> String) -> Axis<'a> {
        Axis { title: "t", log, zero: !log, stops: &[], label }
    }

    #[test]
    fn the_waterfall_says_what_is_not_attributed() {
        let costs = Costs { gross: 100.0, fees: 30.0, spread: -5.0, net: 70.0, ..Default::default() };
        let text = waterfall(&costs, 2);
        assert!(text.contains("Not attributed"));
        assert!(text.contains("\u{2212}5.00"));
        assert!(!waterfall(&Costs { net: 75.0, ..costs }, 2).contains("Not attributed"));
    }

    #[test]
    fn drawings_of_nothing_are_empty_and_of_odd_numbers_hold_no_odd_coordinates() {
        let label = |v: f64| number(v, 2);
        let (x, y) = (axis(true, &label), axis(false, &label));
        assert!(scatter(&[], &x, &y, "").is_empty());
        let dots = [
            Dot { x: 0.0, y: 1.0, gain: true },
            Dot { x: 1.0, y: f64::NAN, gain: true },
            Dot { x: 2.0, y: -1.0, gain: false },
        ];
        let text = scatter(&dots, &x, &y, "<about>");
        assert!(!text.contains("NaN") && !text.contains("inf") && text.contains("&lt;about&gt;"));
        for values in [vec![0.0; 5], vec![1.0, -1.0, 1e300], vec![f64::NAN, 0.1, 0.2]] {
            let text = histogram(&values, &[Flag { at: -0.05, text: "5 %".into() }], &y, "a");
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
        assert!(histogram(&[1.0], &[], &y, "a").is_empty());
    }

    #[test]
    fn no_rule_runs_through_the_text_of_another_flag() {
        let label = |v: f64| number(v, 2);
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 41 - 20) / 100.0).collect();
        let flags = [-0.03, -0.06, -0.09, -0.12, 0.1, 0.15].map(|at| Flag { at, text: format!("at {at}") });
        let drawn = histogram(&values, &flags, &axis(false, &label), "a");
        let number_after = |text: &str, mark: &str| -> f64 {
            let rest = text.split(mark).nth(1).unwrap();
            rest.split(|c: char| !(c.is_ascii_digit() || c == '.')).next().unwrap().parse().unwrap()
        };
        // Left end and top of each rule, and the place and top of each text.
        let rules: Vec<(f64, f64)> = drawn
            .split("class=\"rule\"")
            .skip(1)
            .map(|it| {
                (
                    number_after(it, "d=\"M"),
                    it.split(' ').nth(2).unwrap().split('V').next().unwrap().parse().unwrap(),
                )
            })
            .collect();
        let texts: Vec<(bool, f64, f64)> = drawn
            .split("class=\"flag")
            .skip(1)
            .map(|it| {
                (
                    it.starts_with(" left"),
                    number_after(it, "left:") * 10.0,
                    number_after(it, "top:") / HEIGHT * BOX,
                )
            })
            .collect();
        assert_eq!((rules.len(), texts.len()), (6, 6));
        for (is_left, place, top) in texts {
            let beside = |at: f64| {
                if is_left { at < place - 1.0 && at > 500.0 } else { at > place + 1.0 && at < 500.0 }
            };
            let through = rules.iter().filter(|(at, from)| beside(*at) && *from < top + 12.0 / HEIGHT * BOX);
            assert_eq!(through.count(), 0, "{place} {top}: {rules:?}");
        }
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale { low: -3.1, high: 12.7, log: false };
        assert_eq!(scale.ticks(4, &[]), [0.0, 5.0, 10.0]);
        let log = Scale { low: 0.5_f64.ln(), high: 2_000_f64.ln(), log: true };
        assert_eq!(log.ticks(4, &[]), [1.0, 10.0, 100.0, 1000.0]);
    }
}
