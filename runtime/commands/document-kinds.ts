/** The documents that commands write. */
export const documentKinds = [
  'result',
  'comparison',
  'memory',
  'audit',
  'blame',
  'gate',
  'gate-baseline',
  'variants',
  'noise',
  'sweep',
  'sweep-manifest',
  'plan',
  'fit',
  'profile',
] as const

/** The files that users write. */
export const fileKinds = ['scenario', 'accelerator'] as const
