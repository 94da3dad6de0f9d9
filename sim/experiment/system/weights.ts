import { Failure } from '../../../scenarios/failure.ts'
import type { ServingPlan } from '../../serving/index.ts'
import type { PreparedScenario } from './prepared-scenario.ts'

const MIB = 2 ** 20

/**
 * Throws `Failure` if a device is too small for the weights that it must hold at the same time.
 * Weights that the scenario does not declare are read from the profiles.
 */
export function refuseWeights(
  { scenario, file }: Pick<PreparedScenario, 'scenario' | 'file'>,
  { devices, pools }: ServingPlan,
): void {
  const problems = devices.flatMap(({ limitBytes, residency }, number) => {
    let [stays, largest, owner] = [0, 0, '']
    for (const { memory, name } of pools) {
      const here = memory?.devices.filter((device) => device === number).length ?? 0
      if (here === 0) continue
      const bytes = memory!.weightsBytes + (memory!.arena?.bytes ?? 0)
      owner = name
      if (residency === null || memory!.pinned) stays += here * bytes
      else largest = Math.max(largest, bytes)
    }
    const least = stays + largest
    if (least <= limitBytes) return []
    const shared = scenario.devices[number]
    const key = shared ? `devices.${shared.name}.limit_mib` : `pools.${owner}.memory.limit_mib`
    const mib = Math.ceil((100 * least) / MIB) / 100
    const weights = 'the weights in the profile'
    return [`${file} ${key}: expected at least ${mib} MiB (${weights}), got ${limitBytes / MIB}`]
  })
  if (problems.length > 0) throw new Failure([...new Set(problems)])
}
