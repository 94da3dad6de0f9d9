import type { Path } from '../parse/located.ts'
import type { Arrivals } from '../schema/schema.ts'
import type { Draft } from './draft.ts'

/** Rejects `load` if a model is swapped: the capacity is undefined then. */
export function checkCapacity(draft: Draft): void {
  const device = draft.devices.find((candidate) => {
    if (!candidate?.residency) return false
    return draft.pools.some(({ memory }) => memory?.device === candidate.name && !memory.pinned)
  })
  if (!device) return
  for (const { arrivals, path } of draft.classes) {
    if (arrivals === null) continue
    for (const at of loadsOf(arrivals, [...path, 'arrivals'])) {
      const rate = arrivals.process === 'trace' ? 'time_scale' : 'rate_rps'
      const why = `the capacity is undefined where models are swapped, as on ${device.name}`
      draft.refuseKey(at, `${rate} in place of load: ${why}`)
    }
  }
}

/** Paths of all `load` values in arrivals. */
function loadsOf(arrivals: Arrivals, path: Path): Path[] {
  if (arrivals.process === 'closed-loop') return []
  if (arrivals.process === 'sum') {
    return arrivals.of.flatMap((part, i) => loadsOf(part, [...path, 'of', i]))
  }
  const steps = 'schedule' in arrivals ? (arrivals.schedule ?? []) : []
  return [
    ...(arrivals.load === undefined ? [] : [[...path, 'load']]),
    ...steps.flatMap(({ load }, i) =>
      load === undefined ? [] : [[...path, 'schedule', i, 'load']],
    ),
  ]
}
