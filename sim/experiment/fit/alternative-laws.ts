import { mean } from 'simple-statistics'
import { type Efficiencies, efficienciesOf, type ResampledFit } from '../../accelerator/index.ts'
import type { Fit } from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'
import { rounded } from './residual-result.ts'

type Law = NonNullable<Fit['fits'][number]['efficiency']['alternatives']>[number]

/** Values that every shape has. */
const COMMON = ['compute', 'memory', 'launchUs'] as const satisfies (keyof Efficiencies)[]
type Common = (typeof COMMON)[number]

/**
 * Fits to resampled rows as a scenario states them: in the order of the value in which they differ
 * most, of those that the rows do not leave open, so that neighbours are alike.
 */
export function alternativeLaws(
  fits: readonly ResampledFit[],
  open: ReadonlySet<keyof Efficiencies>,
): Law[] {
  const known = COMMON.filter((name) => !open.has(name))
  const laws = fits.map(({ name, fit }) => ({ name, values: efficienciesOf(fit) }))
  const spreadOf = (of: Common) => variance(laws.map(({ values }) => log(values[of])))
  const [first = 'memory'] = known.toSorted((a, b) => spreadOf(b) - spreadOf(a))
  const saturates = fits.some(({ name }) => name === 'saturating')
  return laws
    .toSorted((a, b) => a.values[first] - b.values[first])
    .map(({ name, values }) => ({
      compute: rounded(values.compute),
      memory: rounded(values.memory),
      launch_us: rounded(values.launchUs),
      ...(saturates && { saturation_tokens: rounded(values.halfTokens) }),
      ...(name === 'soft' && { sharpness: rounded(values.sharpness) }),
    }))
}

function variance(values: readonly number[]): number {
  if (values.length === 0) return 0
  const middle = mean([...values])
  return mean(values.map((value) => (value - middle) ** 2))
}
