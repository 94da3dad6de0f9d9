/**
 * What two replications are worth; null for other numbers. Student's t has one degree of freedom
 * then: its 95 % interval is t(0.975, 1) / 1.96 = 6.5 times as wide as with a known scatter, of
 * three 2.2 times and of six 1.3 times. Its width is also chance: the scatter that two runs show is
 * 31 times as large at its 95th percentile as at its 5th, of six 3.1 times.
 */
export function fewRunsText(replications: number): string | null {
  if (replications !== 2) return null
  return 'two replications say little: their intervals are 6.5 times as wide as the scatter of many would make them, those of 6 are 1.3 times as wide; use --replications 6'
}
