/** Files that take longest, in the order in which they start. */
export const LONGEST: readonly string[] = [
  'cli-docs',
  'cli-exit-codes',
  'theory',
  'live-gate',
  'live-what-if',
  'live-interrupt',
  'live-own-models',
  'live-variants',
  'cli-reports',
  'cli-folders',
  'cli-fuzz',
  'site',
  'resampling',
  'cli-install',
  'audit',
]
