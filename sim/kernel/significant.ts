/** A number with so many significant digits, and no exponent: "0.10", "12", "120", "12,300". */
export function significant(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits))
  const places = digits - 1 - Math.floor(Math.log10(Math.abs(rounded)))
  // 0 has no magnitude, and what is not finite no digits
  if (!Number.isFinite(places)) return String(rounded)
  const fractions = Math.min(20, Math.max(0, places))
  return rounded.toLocaleString('en-US', {
    minimumFractionDigits: fractions,
    maximumFractionDigits: fractions,
  })
}
