import { hashOf, type Pool, parseKeptScenario } from '../../../scenarios/index.ts'
import type { NewValue } from '../../../sim/experiment/index.ts'
import { resolveSystem, type System } from '../prepare.ts'

/**
 * A system with other values in its scenario, on the same profile and files. Throws `Failure` with
 * every reason why the scenario does not allow them, or the profile does not have them.
 */
export function changedSystem(system: System, name: string, values: readonly NewValue[]): System {
  const changed = JSON.parse(JSON.stringify(system.scenario)) as unknown
  for (const { path, value } of values) setAt(changed, path, value)
  const scenario = parseKeptScenario(JSON.stringify(changed), name)
  // a model at another precision has other content than its file
  const contents = scenario.pools.map(({ model, precision }) => {
    const same = (own: Pool) => own.model === model && own.precision === precision
    const index = system.scenario.pools.findIndex(same)
    return index < 0 ? null : system.contents[index]!
  })
  return resolveSystem({ ...system, scenario, hash: hashOf(scenario), contents }, system.profile)
}

function setAt(holder: unknown, [step, ...rest]: readonly string[], value: unknown): void {
  const key = Array.isArray(holder)
    ? holder.findIndex((entry) => Reflect.get(entry as object, 'name') === step)
    : step!
  if (rest.length === 0) Reflect.set(holder as object, key, value)
  else setAt(Reflect.get(holder as object, key), rest, value)
}
