import type { Problem } from '../parse/located.ts'
import { checkAccelerators } from './check-accelerators.ts'
import { checkAdmission } from './check-admission.ts'
import { checkArrivals } from './check-arrivals.ts'
import { checkBatching } from './check-batching.ts'
import { checkBudget } from './check-budget.ts'
import { checkCapacity } from './check-capacity.ts'
import { checkCards } from './check-cards.ts'
import { checkClassModels } from './check-class-models.ts'
import { checkClients } from './check-clients.ts'
import { checkDecoders } from './check-decoders.ts'
import { checkEjection } from './check-ejection.ts'
import { checkFailures } from './check-failures.ts'
import { checkGeneration } from './check-generation.ts'
import { checkHedges } from './check-hedges.ts'
import { checkKvCache } from './check-kv-cache.ts'
import { checkLengthLaws } from './check-length-laws.ts'
import { checkLengths } from './check-lengths.ts'
import { checkLink } from './check-link.ts'
import { checkMemory } from './check-memory.ts'
import { checkModels } from './check-models.ts'
import { checkNames } from './check-names.ts'
import { checkObjectives } from './check-objectives.ts'
import { checkOrder } from './check-order.ts'
import { checkPlaces } from './check-places.ts'
import { checkPools } from './check-pools.ts'
import { checkPrefixes } from './check-prefixes.ts'
import { checkPushback } from './check-pushback.ts'
import { checkRetries } from './check-retries.ts'
import { checkRouting } from './check-routing.ts'
import { checkScaling } from './check-scaling.ts'
import { checkTargets } from './check-targets.ts'
import { checkTuning } from './check-tuning.ts'
import type { Draft } from './draft.ts'

export { Draft } from './draft.ts'

const CHECKS = [
  checkNames,
  checkClassModels,
  checkModels,
  checkArrivals,
  checkLengths,
  checkLengthLaws,
  checkPools,
  checkTargets,
  checkRouting,
  checkAccelerators,
  checkCards,
  checkBatching,
  checkOrder,
  checkAdmission,
  checkPushback,
  checkClients,
  checkHedges,
  checkRetries,
  checkGeneration,
  checkKvCache,
  checkDecoders,
  checkPrefixes,
  checkLink,
  checkPlaces,
  checkMemory,
  checkFailures,
  checkEjection,
  checkScaling,
  checkBudget,
  checkTuning,
  checkCapacity,
  checkObjectives,
  checkWarmup,
]

/** Problems between the values of a scenario that are each valid alone. */
export function crossCheck(draft: Draft): Problem[] {
  for (const check of CHECKS) check(draft)
  return draft.problems
}

function checkWarmup(draft: Draft): void {
  const { durationS, warmupS } = draft
  if (durationS === null || warmupS === null || warmupS < durationS) return
  draft.refuse(['warmup_s'], `less than duration_s ${durationS}`)
}
