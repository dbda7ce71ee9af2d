//! Sine and cosine rounded correctly, for tables: Taylor's series and squaring in pairs of numbers (Dekker 1971), about 30
//! digits. Where sums cancel to nothing but rounding, as over a flat price, the last bit decides what a phase says.

/// A number as an unevaluated sum of two.
type Pair = (f64, f64);

fn sum(a: f64, b: f64) -> Pair {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

fn split(a: f64) -> Pair {
    let t = 134_217_729.0 * a;
    let high = t - (t - a);
    (high, a - high)
}

fn add(a: Pair, b: Pair) -> Pair {
    let (s, e) = sum(a.0, b.0);
    sum(s, e + a.1 + b.1)
}

fn multiply(a: Pair, b: Pair) -> Pair {
    let p = a.0 * b.0;
    let (ah, al) = split(a.0);
    let (bh, bl) = split(b.0);
    let e = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    sum(p, e + a.0 * b.1 + a.1 * b.0)
}

/// A part `1 / n` of a number.
fn part(a: Pair, n: f64) -> Pair {
    let q = a.0 / n;
    let back = multiply((q, 0.0), (n, 0.0));
    let rest = add(a, (-back.0, -back.1));
    sum(q, (rest.0 + rest.1) / n)
}

/// Sine and cosine of an angle from 0 to a full circle.
pub(super) fn sine_cosine(angle: f64) -> [f64; 2] {
    // A 64th of the angle is exact; the series of a tenth ends soon.
    let x = (angle / 64.0, 0.0);
    let (mut term, mut cosine, mut sine) = ((1.0, 0.0), (1.0, 0.0), (0.0, 0.0));
    for k in 1..=24_u32 {
        term = part(multiply(term, x), f64::from(k));
        let signed = if k % 4 < 2 { term } else { (-term.0, -term.1) };
        if k % 2 == 1 {
            sine = add(sine, signed);
        } else {
            cosine = add(cosine, signed);
        }
    }
    for _ in 0..6 {
        let squares = multiply(sine, sine);
        sine = multiply(add(sine, sine), cosine);
        cosine = add(multiply(cosine, cosine), (-squares.0, -squares.1));
    }
    [sine.0, cosine.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_are_met_to_the_last_bit() {
        assert_eq!(sine_cosine(0.0).map(f64::to_bits), [0.0_f64, 1.0].map(f64::to_bits));
        // mpmath at 60 digits: sin 1 = 0.84147098480789650665..., cos 1 = 0.54030230586813971740...
        assert_eq!(
            sine_cosine(1.0).map(f64::to_bits),
            [0.841_470_984_807_896_5_f64, 0.540_302_305_868_139_8].map(f64::to_bits)
        );
        for i in 0..600 {
            let angle = f64::from(i) * 0.0104;
            let [sine, cosine] = sine_cosine(angle);
            assert!((sine - libm::sin(angle)).abs() <= 2.3e-16, "the sine of {angle}");
            assert!((cosine - libm::cos(angle)).abs() <= 2.3e-16, "the cosine of {angle}");
        }
    }
}
