import type { TopLevelSpec } from 'vega-lite'
import type { Variants } from '../../../sim/documents/index.ts'
import { plural } from '../../format.ts'
import { comparedTails, tailsFinding } from '../latency/compared-tails.ts'

/** The tail of every variant in one chart, simulated or measured; null where none has a curve. */
export function variantTails(
  document: Variants,
  world: 'simulated' | 'measured',
  width: number,
): TopLevelSpec | null {
  const tails = world === 'simulated' ? document.variants : (document.measured?.variants ?? [])
  if (tails.length === 0) return null
  const runs =
    world === 'simulated'
      ? `median of ${plural(document.replications, 'replication')}`
      : `median of ${plural(document.measured!.replays, 'replay')}`
  const phrased = tails.map(({ name, tail, figures }) => ({
    phrase: `with ${name}`,
    tail,
    figure: (p: number) =>
      (p === 0.99 ? figures.p99 : p === 0.95 ? figures.p95 : null)?.value ?? null,
  }))
  // the document does not state what was lost
  const lost = true
  const chart = {
    tails,
    limits: [],
    lost,
    title: `${tailsFinding(phrased, lost)}, ${world}`,
    subtitle: `${document.scenario.name} · ${world}: ${runs}, the same requests for all`,
  }
  return comparedTails(chart, width)
}
