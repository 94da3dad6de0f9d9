import type { Path } from '../parse/located.ts'
import { isTimed, type Objective } from '../schema/objective.ts'
import type { Lengths } from '../schema/schema.ts'
import { unpricedPool } from './check-accelerators.ts'
import type { Draft } from './draft.ts'

/** Checks that objectives measure something that can occur. */
export function checkObjectives(draft: Draft): void {
  const { slo, classes, pools } = draft
  const generates = pools.some((pool) => draft.generates(pool))
  for (const [name, objectives] of slo) {
    const outputs = classes.find((traffic) => traffic.name === name)?.output_tokens ?? null
    for (const [i, objective] of objectives.entries()) {
      if (objective) checkWindow(draft, ['slo', name, i], objective)
      const kind = objective?.kind
      if (kind === 'cost') checkPrices(draft, ['slo', name, i])
      if (kind !== 'ttft' && kind !== 'tpot') continue
      if (!generates) draft.unused(['slo', name, i], 'no pool has generation')
      else if (kind === 'tpot' && outputs !== null && isOneToken(outputs)) {
        draft.unused(['slo', name, i], 'every answer is one token')
      }
    }
  }
}

/** Cost is known where every pool has a price. */
function checkPrices(draft: Draft, path: Path): void {
  const unpriced = unpricedPool(draft)
  if (unpriced === undefined) return
  draft.refuse(
    path,
    `an objective without cost, as pool ${unpriced.name} has no price_usd_per_hour`,
  )
}

/** An objective for windows needs a window that fits between warm-up and end. */
function checkWindow(draft: Draft, path: Path, objective: Objective): void {
  if (!isTimed(objective) || objective.window_s === null) return
  if (objective.kind === 'call') {
    draft.refuse(path, 'windows of latency_ms, ttft_ms or tpot_ms')
  }
  const { durationS, warmupS } = draft
  if (durationS === null || warmupS === null) return
  const most = durationS - warmupS
  // a warm-up as long as the run is refused by itself
  if (most > 0 && objective.window_s > most) {
    draft.refuse(path, `a window of at most ${most} s, from the warm-up to duration_s`)
  }
}

function isOneToken(outputs: Lengths): boolean {
  if (outputs.distribution === 'fixed') return outputs.value === 1
  if (outputs.distribution === 'geometric') return outputs.mean === 1
  return 'max' in outputs && outputs.max === 1
}
