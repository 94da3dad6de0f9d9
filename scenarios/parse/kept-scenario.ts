import { crossCheck, draftOf } from '../checks/index.ts'
import { Failure } from '../failure.ts'
import { type Scenario, scenarioSchema } from '../schema/schema.ts'
import { explain } from './explain.ts'
import { pathText, placeOf, plainOf, problemTexts } from './located.ts'
import { fileOrigin, parseYamlTree } from './yaml-tree.ts'

/** Refusals of keys that nothing uses: of defaults, which are all in place here. */
const NOT_USED = /^expected no /

/**
 * The scenario that a run kept with every default in place, as JSON. Throws `Failure` where it is
 * none, or contradicts itself, as where a pool runs a model that is not there.
 */
export function parseKeptScenario(text: string, file: string): Scenario {
  const { root, problems } = parseYamlTree(text, fileOrigin(file, 0))
  if (!root || problems.length > 0) throw new Failure(problemTexts(problems))
  const value = plainOf(root)
  const contradictions = crossCheck(draftOf(root)).filter(
    ({ at, text: said }) => at !== 'key' || !NOT_USED.test(said),
  )
  const found = [...explain(scenarioSchema, value), ...contradictions].map(
    ({ path, at, text }) => ({
      place: placeOf(root, path, at),
      path: pathText(root, path),
      text,
    }),
  )
  if (found.length > 0) throw new Failure(problemTexts(found))
  return scenarioSchema.parse(value)
}
