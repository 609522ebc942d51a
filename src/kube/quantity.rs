//! Quantities (`500m`, `1.5Gi`) as exact numbers. Follows apimachinery's `resource.Quantity`: nothing below a billionth, no floats,
//! and one canonical way to print. Knows nothing of which resource a quantity measures.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::cmp::Ordering;
use std::fmt;

/// How a quantity prints: the family of its suffix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `m`, `k`, `M`, … powers of 1000.
    #[default]
    Decimal,
    /// `Ki`, `Mi`, … powers of 1024.
    Binary,
    /// `e3`, `E6`: an explicit power of ten.
    Exponent,
}

/// Why a text is no quantity; `Display` is the server's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// Not a number with a suffix at all.
    Format,
    /// A number with a suffix that does not exist.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QuantityError::Format => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            QuantityError::Suffix => "unable to parse quantity's suffix",
        })
    }
}

/// A parsed quantity: an exact multiple of 10⁻⁹ with the format it prints in. Compared by value alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Amount {
    nano: i128,
    format: Format,
}

const NANO: i128 = 1_000_000_000;
/// Digits beyond these cannot be told apart from the bound below and are not read.
const MAX_DIGITS: usize = 400;
/// 10³⁷: far above every size that exists, with room to add such amounts without overflow.
const BOUND: i128 = 10_i128.pow(37);

impl Amount {
    /// Zero, printing in decimal.
    pub const ZERO: Amount = Amount { nano: 0, format: Format::Decimal };

    /// Reads a quantity as the API server does. Fractions of a billionth are rounded away from zero.
    pub fn parse(text: &str) -> Result<Amount, QuantityError> {
        let parts = Parts::of(text)?;
        let (format, base, exponent) = suffix(parts.suffix).ok_or(QuantityError::Suffix)?;
        let nano = parts.scaled(base, exponent).clamp(-BOUND, BOUND);
        // Less than one of something binary prints in decimal, as the server does to avoid rounding.
        let small = format == Format::Binary && nano.abs() < NANO;
        Ok(Amount { nano, format: if small { Format::Decimal } else { format } })
    }

    /// The amount of an API quantity; zero if it is not valid (stored objects are validated before).
    pub fn of(quantity: &Quantity) -> Amount {
        Amount::parse(&quantity.0).unwrap_or_default()
    }

    /// Whole units (cores, Pods), printing in decimal.
    pub fn units(units: i64) -> Amount {
        Amount { nano: i128::from(units) * NANO, format: Format::Decimal }
    }

    /// Thousandths (of a core), printing in decimal.
    pub fn from_milli(milli: i64) -> Amount {
        Amount { nano: i128::from(milli) * (NANO / 1000), format: Format::Decimal }
    }

    /// Bytes, printing in binary.
    pub fn from_bytes(bytes: i64) -> Amount {
        Amount { nano: i128::from(bytes) * NANO, format: Format::Binary }
    }

    /// Thousandths, rounded up (away from zero), as the scheduler counts cpu.
    pub fn milli(self) -> i64 {
        saturated(away_from_zero(self.nano, NANO / 1000))
    }

    /// Whole units or bytes, rounded up (away from zero), as the scheduler counts memory.
    pub fn value(self) -> i64 {
        saturated(away_from_zero(self.nano, NANO))
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self.nano == 0
    }

    /// Whether this is below zero.
    pub fn is_negative(self) -> bool {
        self.nano < 0
    }

    /// Whether this is a whole number.
    pub fn is_integer(self) -> bool {
        self.nano % NANO == 0
    }

    /// Whether this is a whole number of thousandths.
    pub fn is_whole_milli(self) -> bool {
        self.nano % (NANO / 1000) == 0
    }

    /// The same amount in whole thousandths, rounded up: the finest the server stores in a resource list.
    #[must_use]
    pub fn rounded_to_milli(self) -> Amount {
        let unit = NANO / 1000;
        Amount { nano: away_from_zero(self.nano, unit) * unit, ..self }
    }

    /// The sum; zero takes the format of what is added.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        let format = if self.is_zero() { other.format } else { self.format };
        Amount { nano: (self.nano + other.nano).clamp(-BOUND, BOUND), format }
    }

    /// The difference; zero takes the format of what is taken away.
    #[must_use]
    pub fn minus(self, other: Amount) -> Amount {
        self.plus(Amount { nano: -other.nano, format: other.format })
    }

    /// The amount as the API carries it, in canonical form.
    pub fn to_quantity(self) -> Quantity {
        Quantity(self.to_string())
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Amount) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Amount {}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Amount) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Amount) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

/// The canonical form: no fraction, the largest suffix that needs none.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        if self.format == Format::Binary && self.nano.abs() >= 1024 * NANO {
            return self.write_binary(f);
        }
        let (mut number, mut power) = (self.nano, -9);
        while number % 1000 == 0 && power < 18 {
            number /= 1000;
            power += 3;
        }
        match (self.format, power) {
            (Format::Exponent, 0) => write!(f, "{number}"),
            (Format::Exponent, _) => write!(f, "{number}e{power}"),
            _ => write!(f, "{number}{}", DECIMAL[(power / 3 + 3) as usize]),
        }
    }
}

impl Amount {
    fn write_binary(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = away_from_zero(self.nano, NANO);
        let mut power = 0;
        while number % 1024 == 0 && power < BINARY.len() - 1 {
            number /= 1024;
            power += 1;
        }
        write!(f, "{number}{}", BINARY[power])
    }
}

const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The format, base and exponent a suffix stands for.
fn suffix(text: &str) -> Option<(Format, i128, i32)> {
    if let Some(at) = DECIMAL.iter().position(|s| *s == text) {
        return Some((Format::Decimal, 10, 3 * at as i32 - 9));
    }
    if let Some(at) = BINARY.iter().position(|s| *s == text) {
        return Some((Format::Binary, 2, 10 * at as i32));
    }
    let exponent = text.strip_prefix(['e', 'E'])?;
    Some((Format::Exponent, 10, exponent.parse().ok()?))
}

/// The parts of a quantity's text.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

impl Parts<'_> {
    fn of(text: &str) -> Result<Parts<'_>, QuantityError> {
        if text.is_empty() || text.len() > MAX_DIGITS {
            return Err(QuantityError::Format);
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, rest) = digits(unsigned);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), digits);
        let after = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let after = after.strip_prefix(['+', '-']).unwrap_or(after);
        if !after.bytes().all(|b| b.is_ascii_digit()) {
            return Err(QuantityError::Format);
        }
        Ok(Parts { negative: text.starts_with('-'), whole, fraction, suffix })
    }

    /// The number times `base`^`exponent` in units of 10⁻⁹, rounded away from zero.
    fn scaled(&self, base: i128, exponent: i32) -> i128 {
        let mut number: i128 = 0;
        let mut power = if base == 10 { exponent.saturating_add(9) } else { 9 };
        let mut lost = false;
        for digit in self.whole.bytes() {
            number = push(number, digit);
        }
        for digit in self.fraction.bytes() {
            // Eighteen places of fraction are exact for every suffix; what follows can only round up.
            if number >= BOUND / 100 {
                lost |= digit != b'0';
                continue;
            }
            number = push(number, digit);
            power = power.saturating_sub(1);
        }
        let mut number =
            if base == 2 { shift_binary(number, exponent, &mut power, &mut lost) } else { number };
        while power > 0 && number != 0 && number < BOUND {
            number *= 10;
            power -= 1;
        }
        while power < 0 && number != 0 {
            lost |= number % 10 != 0;
            number /= 10;
            power += 1;
        }
        number = number.min(BOUND) + i128::from(lost);
        if self.negative { -number } else { number }
    }
}

/// Multiplies by 2^`exponent`, giving up decimal places first where the product would not fit.
fn shift_binary(mut number: i128, exponent: i32, power: &mut i32, lost: &mut bool) -> i128 {
    for _ in 0..exponent {
        if number > BOUND {
            if *power >= 0 {
                return BOUND;
            }
            *lost |= number % 10 != 0;
            number /= 10;
            *power += 1;
        }
        number *= 2;
    }
    number
}

fn push(number: i128, digit: u8) -> i128 {
    if number >= BOUND { BOUND } else { number * 10 + i128::from(digit - b'0') }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn away_from_zero(number: i128, unit: i128) -> i128 {
    number / unit + (number % unit).signum()
}

fn saturated(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Amount::parse(text).map_or_else(|e| e.to_string(), |a| a.to_string())
    }

    #[test]
    fn quantities_print_in_the_servers_canonical_form() {
        for (text, expected) in [
            ("1000m", "1"),
            ("0.1", "100m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5", "500m"),
            ("128000000", "128M"),
            ("100000", "100k"),
            ("1.5Ki", "1536"),
            ("1536", "1536"),
            ("0.5Ki", "512"),
            ("0.0001Ki", "102400u"),
            ("0", "0"),
            ("0Mi", "0"),
            ("-1", "-1"),
            ("+5", "5"),
            (".5", "500m"),
            ("5.", "5"),
            ("1e3", "1e3"),
            ("12E2", "1200"),
            ("1E", "1E"),
            ("1Ei", "1Ei"),
            ("1023", "1023"),
            ("0.0000000001", "1n"),
            ("000010", "10"),
            ("9007199254740988Ki", "9007199254740988Ki"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_in_the_servers_words() {
        for text in ["", "true", "128MB", "lots", "1 Gi", "é", "1.2.3"] {
            assert_eq!(Amount::parse(text), Err(QuantityError::Format), "{text}");
        }
        for text in ["1e", "1Kii", "1mm", "1KM", "--1"] {
            assert_eq!(Amount::parse(text), Err(QuantityError::Suffix), "{text}");
        }
    }

    #[test]
    fn huge_and_tiny_numbers_are_bounded_not_wrapped() {
        for text in
            ["1e2147483647", "1e-2147483647", "9".repeat(399).as_str(), "0.00000000000000000000000000001Ei"]
        {
            let amount = Amount::parse(text).expect("a number");
            assert!(!amount.is_zero());
            assert!(amount.plus(amount) >= amount);
        }
        assert_eq!(Amount::parse("1e30").expect("a number").value(), i64::MAX);
    }

    #[test]
    fn sums_keep_the_format_of_the_first_that_is_not_zero() {
        let sum = Amount::ZERO.plus(Amount::parse("512Mi").expect("valid")).plus(Amount::units(512 << 20));
        assert_eq!(sum.to_string(), "1Gi");
        assert_eq!(Amount::from_milli(250).plus(Amount::from_milli(250)).to_string(), "500m");
        assert_eq!(Amount::parse("0.1m").expect("valid").rounded_to_milli().to_string(), "1m");
        assert_eq!(Amount::parse("100.5m").expect("valid").milli(), 101);
    }
}
