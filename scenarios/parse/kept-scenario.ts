import { crossCheck, Draft } from '../checks/index.ts'
import { Failure } from '../failure.ts'
import { type Scenario, scenarioSchema } from '../schema/schema.ts'
import { explain } from './explain.ts'
import { plainOf, problemTexts } from './located.ts'
import { fileOrigin, parseYamlTree } from './yaml-tree.ts'

/**
 * The scenario that a run kept, as JSON with every default filled in, used or not. Throws `Failure` if it is no
 * scenario or contradicts itself, for example if a pool names an unknown model.
 */
export function parseKeptScenario(text: string, file: string): Scenario {
  const { root, problems } = parseYamlTree(text, fileOrigin(file, 0))
  if (!root || problems.length > 0) throw new Failure(problemTexts(problems))
  const value = plainOf(root)
  const contradictions = crossCheck(new Draft(root)).filter(({ unused }) => !unused)
  const found = [...explain(scenarioSchema, value), ...contradictions]
  if (found.length > 0) throw new Failure(problemTexts([], found, root))
  return scenarioSchema.parse(value)
}
