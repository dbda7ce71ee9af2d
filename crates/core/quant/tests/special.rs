//! Distribution functions against values computed with 40 digits (mpmath 1.4).

use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::special::{
    ChiSquared, HansenT, StudentT, digamma, ln_beta, normal_cdf, normal_pdf, normal_quantile, normal_sf,
    trigamma,
};

/// Prints the worst relative deviation and refuses more than `most`.
fn check(what: &str, pairs: impl Iterator<Item = (f64, f64)>, most: f64) {
    let worst = pairs.map(|(got, want)| (got - want).abs() / want.abs().max(1e-300)).fold(0.0, f64::max);
    println!("{what}: worst relative deviation {worst:.1e}");
    assert!(worst <= most, "{what}: {worst:e}");
}

#[test]
fn student_distribution_function() {
    let got = STUDENT_CDF.iter().map(|&(nu, x, want)| (StudentT::new(nu).unwrap().cdf(x), want));
    // Probabilities down to 1e-300 are among them: the exponent carries its rounding a thousandfold.
    check("student cdf", got, 1e-11);
}

#[test]
fn student_quantiles() {
    let got =
        STUDENT_QUANTILE.iter().map(|&(nu, p, want)| (StudentT::new(nu).unwrap().quantile(p).unwrap(), want));
    check("student quantile", got, 1e-12);
}

#[test]
fn normal_quantiles() {
    let got = NORMAL_QUANTILE.iter().map(|&(p, want)| (normal_quantile(p).unwrap(), want));
    check("normal quantile", got, 3e-15);
}

#[test]
fn chi_squared_tails() {
    let each = CHI_SQUARED.iter().flat_map(|&(k, x, lower, upper)| {
        let it = ChiSquared::new(k).unwrap();
        // What underflows is compared no closer than f64 can say it.
        [(it.cdf(x).max(1e-250), lower.max(1e-250)), (it.sf(x).max(1e-250), upper.max(1e-250))]
    });
    check("chi-square tails", each, 1e-11);
}

#[test]
fn digamma_and_trigamma() {
    let each = DIGAMMA.iter().flat_map(|&(x, one, two)| [(digamma(x), one), (trigamma(x), two)]);
    check("digamma, trigamma", each, 1e-14);
}

#[test]
fn logarithm_of_the_beta_function() {
    check("ln beta", LN_BETA.iter().map(|&(a, b, want)| (ln_beta(a, b), want)), 1e-14);
}

#[test]
fn hansen_skewed_t() {
    let each = HANSEN.iter().flat_map(|&(nu, lambda, z, ln_pdf, cdf, partial)| {
        let it = HansenT::new(nu, lambda).unwrap();
        [(it.ln_pdf(z), ln_pdf), (it.cdf(z), cdf), (it.partial_mean(z).unwrap(), partial)]
    });
    check("skewed t", each, 1e-12);
}

#[test]
fn values_outside_a_domain_are_refused() {
    for p in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(matches!(normal_quantile(p), Err(Error::Parameter { .. })));
        assert!(matches!(StudentT::new(3.0).unwrap().quantile(p), Err(Error::Parameter { .. })));
    }
    for nu in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(StudentT::new(nu).is_err());
        assert!(ChiSquared::new(nu).is_err());
    }
    assert!(HansenT::new(2.0, 0.0).is_err());
    assert!(HansenT::new(5.0, 1.0).is_err());
    assert!(StudentT::new(2.0).unwrap().unit_scale().is_err());
    assert!(StudentT::new(1.0).unwrap().partial_mean(0.0).is_err());
}

#[test]
fn far_away_is_zero_or_one() {
    let t = StudentT::new(3.0).unwrap();
    let got = [t.cdf(-1e200), t.cdf(1e200), normal_cdf(-50.0), normal_sf(-50.0)];
    assert_eq!(got.map(f64::to_bits), [0.0, 1.0, 0.0, 1.0_f64].map(f64::to_bits));
}

proptest! {
    #[test]
    fn quantiles_invert_distribution_functions(p in 1e-6..0.999_999_f64, nu in 0.3..200.0_f64, lambda in -0.95..0.95_f64, k in 0.2..300.0_f64) {
        prop_assert!((normal_cdf(normal_quantile(p).unwrap()) - p).abs() <= 1e-14);
        let t = StudentT::new(nu).unwrap();
        prop_assert!((t.cdf(t.quantile(p).unwrap()) - p).abs() <= 1e-13);
        let skewed = HansenT::new(nu + 2.0, lambda).unwrap();
        prop_assert!((skewed.cdf(skewed.quantile(p).unwrap()) - p).abs() <= 1e-13);
        let chi = ChiSquared::new(k).unwrap();
        prop_assert!((chi.cdf(chi.quantile(p).unwrap()) - p).abs() <= 1e-12);
    }

    #[test]
    fn densities_are_slopes(x in -4.0..4.0_f64, nu in 2.2..50.0_f64, lambda in -0.8..0.8_f64) {
        let h = 1e-5;
        let slope = |f: &dyn Fn(f64) -> f64| (f(x + h) - f(x - h)) / (2.0 * h);
        prop_assert!((slope(&normal_cdf) - normal_pdf(x)).abs() < 1e-8);
        let t = StudentT::new(nu).unwrap();
        prop_assert!((slope(&|x| t.cdf(x)) - t.pdf(x)).abs() < 1e-8);
        let skewed = HansenT::new(nu, lambda).unwrap();
        prop_assert!((slope(&|x| skewed.cdf(x)) - skewed.pdf(x)).abs() < 1e-7 * (1.0 + 1.0 / (nu - 2.0)));
    }

    #[test]
    fn a_symmetric_skewed_t_is_the_scaled_t(z in -20.0..20.0_f64, nu in 2.1..100.0_f64) {
        let t = StudentT::new(nu).unwrap();
        let unit = t.unit_scale().unwrap();
        let skewed = HansenT::new(nu, 0.0).unwrap();
        prop_assert!((skewed.ln_pdf(z) - (t.ln_pdf(z / unit) - libm::log(unit))).abs() < 1e-12);
    }
}

/// Degrees of freedom, x, probability of at most x.
const STUDENT_CDF: [(f64, f64, f64); 28] = [
    (0.7, -50.0, 0.0201009110261488),
    (0.7, -3.5, 0.1277415827411518),
    (0.7, -0.01, 0.49705375629818677),
    (0.7, 1.25, 0.7555274860983863),
    (1.0, -50.0, 0.006365349100972796),
    (1.0, -3.5, 0.08858553278290475),
    (1.0, -0.01, 0.49681700723509176),
    (1.0, 1.25, 0.7852232874772773),
    (2.1, -50.0, 0.00014451372391581326),
    (2.1, -3.5, 0.03393078550166126),
    (2.1, -0.01, 0.49644528886853645),
    (2.1, 1.25, 0.8337089963757425),
    (4.0, -50.0, 4.78722682848485e-07),
    (4.0, -3.5, 0.012448081730111376),
    (4.0, -0.01, 0.4962500781229493),
    (4.0, 1.25, 0.8602801783167684),
    (30.0, -50.0, 9.357708829611357e-31),
    (30.0, -3.5, 0.0007384037188221265),
    (30.0, -0.01, 0.49604374628658887),
    (30.0, 1.25, 0.8895184878934217),
    (1000.0, -50.0, 1.3793362061625824e-274),
    (1000.0, -3.5, 0.00024288717298391613),
    (1000.0, -0.01, 0.4960116409660936),
    (1000.0, 1.25, 0.8942040035166484),
    (250000.0, -50.0, 0.0),
    (250000.0, -3.5, 0.00023266955193547691),
    (250000.0, -0.01, 0.49601064767498865),
    (250000.0, 1.25, 0.8943496412859194),
];

/// Degrees of freedom, p, quantile.
const STUDENT_QUANTILE: [(f64, f64, f64); 30] = [
    (0.7, 1e-10, -36370146906967.47),
    (0.7, 0.01, -135.57150574187781),
    (0.7, 0.05, -13.587121347511173),
    (0.7, 0.3, -0.8354411557069624),
    (0.7, 0.499, -0.003394030808877021),
    (1.984, 1e-10, -76968.72098977756),
    (1.984, 0.01, -7.041489805475188),
    (1.984, 0.05, -2.936108217451126),
    (1.984, 0.3, -0.6180292597819269),
    (1.984, 0.499, -0.002831026024235232),
    (4.0, 1e-10, -416.1751403296041),
    (4.0, 0.01, -3.746947387979197),
    (4.0, 0.05, -2.1318467863266504),
    (4.0, 0.3, -0.5686490630497055),
    (4.0, 0.499, -0.0026666706172941367),
    (30.0, 1e-10, -9.377489780407144),
    (30.0, 0.01, -2.4572615424005915),
    (30.0, 0.05, -1.6972608865939578),
    (30.0, 0.3, -0.5300190039065045),
    (30.0, 0.499, -0.002527603007215139),
    (1000.0, 1e-10, -6.427876283134213),
    (1000.0, 0.01, -2.330082674755513),
    (1000.0, 0.05, -1.6463788172854648),
    (1000.0, 0.3, -0.524567707309227),
    (1000.0, 0.499, -0.0025072576394709746),
    (250000.0, 1e-10, -6.361604695322896),
    (250000.0, 0.01, -2.326362790429336),
    (250000.0, 0.05, -1.6448597220507863),
    (250000.0, 0.3, -0.5244011813172231),
    (250000.0, 0.499, -0.002506633406219669),
];

/// p, quantile.
const NORMAL_QUANTILE: [(f64, f64); 8] = [
    (1e-300, -37.0470962993612),
    (1e-20, -9.262340089798407),
    (0.001, -3.0902323061678136),
    (0.01, -2.326347874040841),
    (0.05, -1.6448536269514726),
    (0.3, -0.5244005127080408),
    (0.975, 1.9599639845400538),
    (0.999999, 4.753424308817087),
];

/// Degrees of freedom, x, lower and upper tail.
const CHI_SQUARED: [(f64, f64, f64, f64); 30] = [
    (0.5, 0.0005, 0.13872099803411386, 0.8612790019658861),
    (0.5, 0.25, 0.6401572060830841, 0.35984279391691587),
    (0.5, 0.5, 0.7436779447314611, 0.25632205526853896),
    (0.5, 0.85, 0.8232031405403405, 0.1767968594596595),
    (0.5, 10.0, 0.9995079748755537, 0.00049202512444634),
    (1.0, 0.001, 0.025227120630039613, 0.9747728793699604),
    (1.0, 0.5, 0.5204998778130465, 0.4795001221869535),
    (1.0, 1.0, 0.6826894921370859, 0.3173105078629141),
    (1.0, 1.7, 0.8077120228884802, 0.19228797711151985),
    (1.0, 20.0, 0.999992255783569, 7.744216431044084e-06),
    (2.0, 0.002, 0.0009995001666250085, 0.999000499833375),
    (2.0, 1.0, 0.3934693402873666, 0.6065306597126334),
    (2.0, 2.0, 0.6321205588285577, 0.36787944117144233),
    (2.0, 3.4, 0.8173164759472653, 0.18268352405273466),
    (2.0, 40.0, 0.9999999979388464, 2.061153622438558e-09),
    (6.0, 0.006, 4.489887139881506e-09, 0.9999999955101129),
    (6.0, 3.0, 0.19115316946194186, 0.8088468305380582),
    (6.0, 6.0, 0.5768099188731565, 0.42319008112684353),
    (6.0, 10.2, 0.8835216568658237, 0.11647834313417625),
    (6.0, 120.0, 1.0, 1.6295866529378224e-23),
    (100.0, 0.1, 2.780587716828697e-130, 1.0),
    (100.0, 50.0, 6.953305247616099e-06, 0.9999930466947524),
    (100.0, 100.0, 0.5188083154720433, 0.48119168452795674),
    (100.0, 170.0, 0.9999841124500168, 1.5887549983146447e-05),
    (100.0, 2000.0, 1.0, 0.0),
    (5000.0, 5.0, 0.0, 1.0),
    (5000.0, 2500.0, 3.131283085795708e-212, 1.0),
    (5000.0, 5000.0, 0.5026596211076548, 0.4973403788923451),
    (5000.0, 8500.0, 1.0, 1.4560849131328786e-186),
    (5000.0, 100000.0, 1.0, 0.0),
];

/// x, digamma, trigamma.
const DIGAMMA: [(f64, f64, f64); 7] = [
    (0.01, -100.56088545786868, 10001.621213528313),
    (0.5, -1.9635100260214235, 4.934802200544679),
    (1.0, -0.5772156649015329, 1.6449340668482264),
    (2.52, 0.712916851421657, 0.48567804171812623),
    (9.99, 2.250700372831201, 0.10527695014824179),
    (10.01, 2.2528037003181356, 0.10505595320551508),
    (500.0, 6.213607765088992, 0.0020020013333322665),
];

/// a, b, logarithm of the beta function.
const LN_BETA: [(f64, f64, f64); 7] = [
    (0.5, 0.5, 1.1447298858494002),
    (2.5, 0.5, 0.16390063283767395),
    (500.0, 0.5, -2.5346891063280625),
    (500000.0, 0.5, -5.988816495777464),
    (12.0, 900.0, -64.19945227833821),
    (100000.0, 200000.0, -190958.88527911686),
    (3.0, 11.0, -6.754604099487962),
];

/// Degrees of freedom, skewness, z, log density, probability of at most z, integral of z pdf up to z.
const HANSEN: [(f64, f64, f64, f64, f64, f64); 9] = [
    (5.0, -0.3, -6.0, -7.510910640133664, 0.0007709983533030464, -0.005963378297167157),
    (5.0, -0.3, -1.1, -1.8802328625862221, 0.11506052916181699, -0.2195908495106559),
    (5.0, -0.3, 0.4, -0.677238535637008, 0.6371398936109647, -0.32783155957084653),
    (2.5, 0.6, -6.0, -11.23431703656978, 2.9092877773235636e-05, -0.0002812833041848781),
    (2.5, 0.6, -1.1, -3.686922377089414, 0.006605325526783957, -0.010089517750763286),
    (2.5, 0.6, 0.4, -1.2197311550680496, 0.8237105462392686, -0.22341582576499364),
    (40.0, 0.1, -6.0, -16.244449737063356, 2.393079267562479e-08, -1.5012181761648042e-07),
    (40.0, 0.1, -1.1, -1.4823708778914082, 0.1297087478267884, -0.20404343158602442),
    (40.0, 0.1, 0.4, -1.0362094290937671, 0.6674420614689932, -0.36651148032823155),
];
