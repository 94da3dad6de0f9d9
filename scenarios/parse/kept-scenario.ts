import { crossCheck, draftOf } from '../checks/index.ts'
import { Failure } from '../failure.ts'
import { type Scenario, scenarioSchema } from '../schema/schema.ts'
import { explain } from './explain.ts'
import { pathText, placeOf, plainOf, problemTexts } from './located.ts'
import { fileOrigin, parseYamlTree } from './yaml-tree.ts'

/** Refusals of unused keys: here all defaults are filled in, and some are unused. */
const NOT_USED = /^expected no /

/**
 * The scenario that a run kept, as JSON with every default filled in. Throws `Failure` if it is no
 * scenario or contradicts itself, for example if a pool names an unknown model.
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
