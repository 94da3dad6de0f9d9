import { Failure } from '../../../scenarios/failure.ts'
import { expectedRequests } from '../../traffic/index.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

/** Of one run, which streams: a simulation of so many takes a quarter of an hour and more. */
const MOST_REQUESTS = 1e9
/** Of one run that holds them all, some 600 bytes each. */
const MOST_HELD = 5e6

/** Throws `Failure` where more requests are expected than can be simulated, or held. */
export function refuseCrowd(
  prepared: PreparedScenario,
  capacityRps: number | null,
  held = false,
): void {
  const expected = expectedRequests(prepared.scenario, { ...prepared, capacityRps })
  // where rows are held, there is one for each attempt: as many as are certain
  const requests = expected.reduce((sum, { first, most }) => sum + (held ? first : most), 0)
  const most = held ? MOST_HELD : MOST_REQUESTS
  if (requests <= most) return
  const where = held ? 'where all are kept in memory' : 'of a run'
  throw new Failure(
    `${prepared.file}: expected at most ${grouped(most)} requests ${where}, ` +
      `got about ${grouped(requests)}; ${CROWD_REMEDY}`,
  )
}

export const CROWD_REMEDY = 'lower the rate or shorten duration_s'

/** A count with its thousands apart. */
export function grouped(value: number): string {
  return value < 1e15 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(2)
}
