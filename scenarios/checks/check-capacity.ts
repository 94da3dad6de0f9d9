import type { Path } from '../parse/located.ts'
import type { Arrivals } from '../schema/schema.ts'
import type { Draft } from './draft.ts'

/** Rejects `load` if the capacity is undefined. */
export function checkCapacity(draft: Draft): void {
  const why = whyUndefined(draft)
  if (why === null) return
  for (const { arrivals, path } of draft.classes) {
    if (arrivals === null) continue
    for (const at of loadsOf(arrivals, [...path, 'arrivals'])) {
      const rate = arrivals.process === 'trace' ? 'time_scale' : 'rate_rps'
      draft.refuseKey(at, `${rate} in place of load: the capacity is undefined where ${why}`)
    }
  }
}

/**
 * A swapped model waits for others of its device. The capacity of a pool on a shared card depends
 * on the work that other pools have there.
 */
function whyUndefined(draft: Draft): string | null {
  const device = draft.devices.find((candidate) => {
    if (!candidate?.residency) return false
    return draft.pools.some(({ memory }) => memory?.device === candidate.name && !memory.pinned)
  })
  if (device) return `models are swapped, as on ${device.name}`
  const sharing = draft.pools.find(({ card }) => card !== null)
  return sharing === undefined ? null : `replicas share a card, as those of ${sharing.name} do`
}

/** Paths of all `load` values in arrivals. */
function loadsOf(arrivals: Arrivals, path: Path): Path[] {
  if (arrivals.process === 'sum') {
    return arrivals.of.flatMap((part, i) => loadsOf(part, [...path, 'of', i]))
  }
  const steps = 'schedule' in arrivals ? (arrivals.schedule ?? []) : []
  return [
    ...('load' in arrivals && arrivals.load !== undefined ? [[...path, 'load']] : []),
    ...steps.flatMap(({ load }, i) =>
      load === undefined ? [] : [[...path, 'schedule', i, 'load']],
    ),
  ]
}
