import type { ModelProfile } from '../../sim/world/index.ts'

/**
 * A warning where models that are compared, or that one simulation uses, were measured on different
 * occasions: a machine drifts by some percent from minute to minute.
 */
export function occasionWarnings(models: readonly (ModelProfile | null)[]): string[] {
  const known = models.filter((model) => model !== null)
  const labels = new Map(known.map(({ occasion, label }) => [occasion, label]))
  if (labels.size < 2) return []
  const named = [...labels].map(([occasion, label]) => `${label} (${occasion})`)
  return [
    `the work of models was measured on different occasions: ${named.join(', ')}; ` +
      'calibrate them in turn with `spillway calibrate --variant`, or in one `spillway run --against-set`',
  ]
}
